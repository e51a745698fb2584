"""The story in an entry's text: without credits, notices and lists of other stories.

What is taken out is only never compared; nothing here changes what is published. A line that this
does not know does little harm: `evidence` counts for less what several stories have in common.
"""

from __future__ import annotations

import re

import re2

from aggregator.text import untagged

_BLOCK = re.compile(
    r"</?(?:p|div|br|h[1-6]|li|ul|ol|dl|dt|dd|tr|td|th|table|section|article|aside|header|footer"
    r"|blockquote|figure|figcaption|center|hr|pre|main|details|summary)\b[^>]*>",
    re.IGNORECASE,
)
# A list of links is not what the page is about, nor is a caption.
_ASIDE = re.compile(
    r"<li\b[^>]*>(?:\s|<(?!a\b|/li)[^>]*>)*<a\b[^>]*>[^<]{0,200}(?:<(?!/a\b)[^>]*>[^<]{0,200})*</a>"
    r"(?:\s|<(?!/li)[^>]*>|&nbsp;)*</li>"
    r"|<figcaption\b[^>]*>.{0,2000}?</figcaption>",
    re.IGNORECASE | re.DOTALL,
)
_ADDRESS = re.compile(r"https?://[^\s<>\"'，。）]+|\bwww\.[^\s<>\"'，。）]+|\S+@\S+\.\w+")

# How sentences begin that are about the text, not of it.
_NOTICES_ZH = (
    r"(?:文章|图片|视频|稿件|新闻|消息)?来源[:：/]",
    r"(?:责任|值班|执行|本文|网络|新媒体)?(?:编辑|編輯|编审|校对|監製|监制|审核|审读|统筹|策划|责编|責編)"
    r"(?:[:：/丨|]|\s+\w{2,4}\s*$)",
    r"(?:文|图|作者|记者|記者|撰文|撰稿|摄影|采写|编译|翻译)[:：/丨|]\s*\w{1,12}(?:\s|$|[，,、])",
    r"(?:原标题|原題|原標題|关键词|标签)[:：]",
    r"(?:免责|免責|版权|特别|郑重|风险)?(?:声明|聲明|提示)[:：]|版权所有",
    r"本文(?:不构成|仅(?:代表|供))|以上内容(?:仅|不)|(?:投资|市场)有风险",
    r"未经(?:本[报网刊站台]|授权|许可|书面)|转载(?:请|須|须)",
    r"更多(?:精彩|内容|新闻|资讯)|(?:欢迎|敬请)(?:关注|下载|扫码|订阅)|海量资讯",
    r"(?:扫描|长按|点击)(?:下方|上方|二维码|这里|阅读)|(?:打开|下载)\S{0,8}(?:APP|客户端)",
    r"(?:相关|延伸|推荐|更多)(?:阅读|閱讀|新闻|報道|报道|推荐|链接)|(?:阅读|查看)(?:原文|全文|更多)",
    r"(?:返回|回到)(?:首页|列表|顶部|\S{1,16}新闻)|举报(?:/|电话|邮箱)",
)
_NOTICES_EN = (
    r"\(?(?:additional\s+)?(?:reporting|editing|writing)\s+by\b",
    r"by\s+(?:[A-Z][\w.'’-]+\s+){1,3}(?:,|\||$|and\b)",
    r"copyright\b|©|\(c\)\s*\d{4}|all\s+rights\s+reserved|disclaimer|(?:our\s+)?standards:",
    r"the\s+post\b.{0,300}\bappeared\s+first",
    r"this\s+(?:article|story|post|piece)\s+(?:was\s+)?(?:originally|first)\s+(?:appear|publish)ed",
    r"(?:read|see|view)\s+(?:more|also|the\s+(?:full|original|rest)|full)\b|continue\s+reading",
    r"(?:click|tap)\s+here|sign\s+up\b|subscribe\b|follow\s+(?:us|@)|share\s+(?:this|on)",
    r"(?:related|recommended|more)\s+(?:stor|article|reading|read|coverage|news|on\s+this|from)",
    r"download\s+(?:our|the)\b.{0,40}app|filed\s+under|tags?:|advertisement\s*$|source:",
    r"photo(?:graph)?s?\s*(?:by|:|credit)|image\s*(?:credit|:|source)|forward-looking\s+statements",
    r"submitted\s+by|\[?comments?\]?\s*$|comments\s+url|article\s+url|points:",
)
_NOTICE = re.compile(
    rf"[\s　【\[(（*—–_·•>|=-]*(?:{'|'.join(_NOTICES_ZH + _NOTICES_EN)})", re.IGNORECASE
)
# What stands anywhere in such a sentence.
_RIGHTS = re.compile(
    r"all rights reserved|may not be (?:published|reproduced|republished|broadcast)"
    r"|without (?:prior |written |express )*permission|appeared first on|in your inbox"
    r"|投资者据此操作|不构成(?:任何)?投资建议|仅代表作者|未经.{0,12}(?:授权|许可).{0,8}(?:不得|禁止|严禁)"
    r"|二维码|微信公众号|版权归",
    re.IGNORECASE,
)
_SENTENCE = re.compile(
    r"(?<=[。！？!?])|(?<=[.]) (?=[A-Z(])|(?=[（(](?:文章|图片)?(?:来源|编辑|責編|责编))"
)

# What outlets put before the first sentence: `LONDON, March 3 (Wire) - `, `【…】`, `本报讯`.
_LEADS = (
    r"(?:[A-Z][\w.'’-]*(?:[ ,/]+|$)){1,6}(?:[A-Z][a-z]{2,8}\.?\s+\d{1,2}\s*)?(?:\([^()]{2,40}\))?"
    r"\s*(?:[-–—]{1,2}|\|)\s+(?=\S)",
    r"\([^()]{2,40}\)\s*[-–—]{1,2}\s*",
    r"[^。！？!?.]{0,24}?(?:\d{1,2}月)?\d{1,2}日(?:\S{0,4})?(?:电|電|讯|訊|消息)"
    r"(?:\s*[（(][^（）()]{1,30}[）)])?[，,：:]?",
    r"(?:\S{0,10}?(?:本报|本刊|本网|本台)\S{0,8}?(?:讯|訊|消息)|据?\S{2,10}(?:讯|訊)(?=[\s，,：:（(]))"
    r"(?:\s*[（(][^（）()]{1,30}[）)])?[，,：:]?",
    r"[（(][^（）()]{2,20}(?:记者|記者|讯)[^（）()]{0,12}[）)](?:\s*\d{1,2}月\d{1,2}日)?(?:电|讯)?[，,：:]?",
    r"【[^【】]{1,16}】",
)
_LEAD = re.compile(rf"\s*(?:{'|'.join(_LEADS)})")


# One of these is in every sentence that the above have to say about.
_HINT = re2.compile(
    "来源|编辑|編輯|编审|校对|監製|监制|审核|审读|统筹|策划|责编|責編|作者|记者|記者|撰|摄影|采写|翻译|编译|文[:：/]"
    "|图[:：/]|标题|原題|原標題|关键词|标签|声明|聲明|提示|版权|构成|仅|有风险|未经|转载|更多|欢迎|敬请|海量|扫描"
    "|长按|点击|打开|下载|阅读|閱讀|推荐|链接|報道|报道|查看|返回|回到|举报|投资|二维码|公众号"
    "|(?i:report|editing|writing|by |copy|©|\\(c\\)|right|disclaim|standards|the post|this art"
    "|this st|this po|this pi|read|see |view|here|sign up|subscr|follow|share|related|recommend"
    "|more|download|filed|tag|advert|source|photo|image|forward|submitted|comment|article|points"
    "|publish|permission|appeared|inbox)"
)


def prose_of(markup: str) -> str:
    """The text of HTML as far as it is compared, a line a block."""
    if "<" in markup:
        if "<li" in markup or "<figcaption" in markup:
            markup = _ASIDE.sub("\n", markup)
        markup = _BLOCK.sub("\n", markup)
    texts = [text for block in untagged(markup).split("\n") if (text := block.strip())]
    kept = [told for text in texts if (told := _without_notices(text))]
    if not kept:  # all of them are notices: then they are the story
        kept = texts
    if kept:
        kept[0] = _without_lead(kept[0])
    told = "\n".join(kept)
    return _ADDRESS.sub(" ", told) if "www." in told or "://" in told or "@" in told else told


def _without_notices(text: str) -> str:
    if not _HINT.search(text):
        return text
    told = (x for x in _SENTENCE.split(text) if not _NOTICE.match(x) and not _RIGHTS.search(x))
    return " ".join(told)


def _without_lead(text: str) -> str:
    found = _LEAD.match(text)
    return text[found.end() :] if found else text
