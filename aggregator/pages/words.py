"""The words of the pages themselves, in English, simplified and traditional Chinese.

To add a language: a column in the table, under its tag, and a shape for its dates.
"""

from __future__ import annotations

from collections.abc import Mapping

from aggregator import syntax

ENGLISH, SIMPLIFIED, TRADITIONAL = LANGUAGES = ("en", "zh-Hans", "zh-Hant")

_TABLE: Mapping[str, tuple[str, str, str]] = {
    "skip": ("Skip to the stories", "跳到正文", "跳到正文"),
    "stories": ("Stories", "文章", "文章"),
    "newest": ("Newest stories", "最新文章", "最新文章"),
    "none": ("There are no stories yet.", "还没有文章。", "還沒有文章。"),
    "feeds": ("Feeds", "订阅源", "訂閱源"),
    "topics": ("Topics", "分类", "分類"),
    "everything": ("Everything", "全部", "全部"),
    "no_feeds": ("No feed has been written yet.", "还没有生成订阅源。", "還沒有產生訂閱源。"),
    "list": ("List of our sources", "全部来源的列表", "全部來源的列表"),
    "subscribe": ("Subscribe", "订阅", "訂閱"),
    "help": (
        "Copy the address of a feed into a feed reader, and new stories come to you. Most readers"
        " also find the feeds when you give them the address of this page.",
        "把订阅源的地址复制到阅读器中，新文章就会自己送上门来。多数阅读器只要填入本页地址，也能找到这些订阅源。",
        "把訂閱源的位址複製到閱讀器中，新文章就會自己送上門來。多數閱讀器只要填入本頁位址，也能找到這些訂閱源。",
    ),
    "front": ("Front page", "首页", "首頁"),
    "newer": ("Newer", "较新", "較新"),
    "older": ("Older", "较早", "較早"),
    "previous": ("Previous", "上一页", "上一頁"),
    "following": ("Next", "下一页", "下一頁"),
    "current": ("Newest", "最新", "最新"),
    "archives": ("Archive", "存档", "封存"),
    "pages": ("Pages", "翻页", "翻頁"),
    "contents": ("On this page", "本页内容", "本頁內容"),
    "search": ("Search", "搜索", "搜尋"),
    "search_for": ("Search the stories", "搜索文章", "搜尋文章"),
    "not_found": (
        "Nothing was found. Try fewer or other words.",
        "没有找到。请减少或更换搜索词。",
        "沒有找到。請減少或更換搜尋詞。",
    ),
    "too_many": (
        "That is in too many stories. Add a word that is in fewer.",
        "符合的太多。请再加一个少见的词。",
        "符合的太多。請再加一個少見的詞。",
    ),
    "busy": (
        "Too many are searching now. Try again in a few seconds.",
        "现在搜索的人太多。请过几秒再试。",
        "現在搜尋的人太多。請過幾秒再試。",
    ),
    "untitled": ("Untitled", "无题", "無題"),
    "source": ("Source", "来源", "來源"),
    "published": ("Published", "发布于", "發布於"),
    "updated": ("Updated", "更新于", "更新於"),
    "by": ("By", "作者", "作者"),
    "also": ("Also at", "亦见于", "亦見於"),
    "replies": ("Discussion", "讨论", "討論"),
    "related": ("Related", "相关", "相關"),
    "tags": ("Tags", "标签", "標籤"),
    "rights": ("Rights", "版权", "版權"),
    "licence": ("Licence", "许可", "授權"),
    "files": ("Files", "附件", "附件"),
    "audio": ("Audio", "音频", "音訊"),
    "video": ("Video", "视频", "影片"),
    "image": ("Picture", "图片", "圖片"),
    "file": ("File", "文件", "檔案"),
    "picture": ("Picture", "图片", "圖片"),
    "sound": ("Recording", "录音", "錄音"),
    "film": ("Video", "视频", "影片"),
    "table": ("Table", "表格", "表格"),
    "more": ("More", "详情", "詳情"),
    "colon": (": ", "：", "："),
    "comma": (", ", "、", "、"),
    "zone": ("Times are those of {zone}.", "时间为 {zone} 时间。", "時間為 {zone} 時間。"),
    "missing": ("This page is not here", "没有这个页面", "沒有這個頁面"),
    "missing_text": (
        "Nothing is published at this address. The front page lists what there is.",
        "这个地址没有内容。首页列出了所有内容。",
        "這個位址沒有內容。首頁列出了所有內容。",
    ),
    "sources": ("Sources", "来源状态", "來源狀態"),
    "health": ("Health", "状况", "狀況"),
    "entries": ("Entries", "条目", "條目"),
    "last": ("Last poll", "上次抓取", "上次抓取"),
    "next": ("Next poll", "下次抓取", "下次抓取"),
    "notes": ("What is to be said", "说明", "說明"),
    "never": ("never", "从未", "從未"),
    "well": ("{ok} of {all} are well", "共 {all} 个，{ok} 个正常", "共 {all} 個，{ok} 個正常"),
    "ok": ("ok", "正常", "正常"),
    "failing": ("failing", "失败", "失敗"),
    "failed once": ("failed once", "失败一次", "失敗一次"),
    "gone": ("gone", "已停止", "已停止"),
    "held": ("held", "暂扣", "暫扣"),
    "not polled yet": ("not polled yet", "尚未抓取", "尚未抓取"),
}

_BY_LANGUAGE = {
    tag: {name: row[n] for name, row in _TABLE.items()} | {"lang": tag}
    for n, tag in enumerate(LANGUAGES)
}


def words_of(language: str | None) -> Mapping[str, str]:
    """Those of a site in `language`; in English where there are no others."""
    return _BY_LANGUAGE[_spoken(language)]


def _spoken(language: str | None) -> str:
    subtags = (syntax.language(language) or "").lower().split("-")
    if subtags[0] != "zh":
        return ENGLISH
    return TRADITIONAL if {"hant", "tw", "hk", "mo"} & set(subtags) else SIMPLIFIED
