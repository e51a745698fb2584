"""One page has one key, other pages have others; what is published is what was meant."""

from __future__ import annotations

import base64
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.links import (
    canonicalize,
    choose,
    discussion,
    domain,
    edition,
    entry_key,
    key_of,
    url_key,
    with_permalink,
)
from aggregator.model import KNOWN, Entry, Link, LinkRules, Origin


def _google_news(url: str) -> str:
    """As Google wrote it until July 2024: the address is field 4 of a protobuf."""
    length = len(url)
    size = bytes([length]) if length < 128 else bytes([length & 0x7F | 0x80, length >> 7])
    message = b'\x08\x13"' + size + url.encode() + b"\xd2\x01\x00"
    return "https://news.google.com/rss/articles/" + base64.urlsafe_b64encode(message).decode()


# Each line: addresses of one page.
SAME = """
http://blog.test.org/post  https://blog.test.org/post  https://blog.test.org/post/
https://BLOG.Test.org:443/post  https://blog.test.org./post  https://me:pw@blog.test.org/post
//blog.test.org/post  feed:https://blog.test.org/post  feed://blog.test.org/post
http://https://blog.test.org/post  https:/blog.test.org/post  https:\\\\blog.test.org\\post
https://a.test.org/x/./y/../z  https://a.test.org/x/z  https://a.test.org//x//z
https://a.test.org/%7Ejoe/%e9%87%91  https://a.test.org/~joe/金  https://a.test.org/~joe/%E9%87%91
https://a.test.org/a%2Cb  https://a.test.org/a,b
https://a.test.org/default.aspx?id=3  https://a.test.org/?id=3  https://a.test.org?id=3
https://a.test.org/s?q=a+b&x=  https://a.test.org/s?x&q=a%20b
https://a.test.org/s?t=%E9%87%91  https://a.test.org/s?t=金
https://a.test.org/?p=1&amp;c=2  https://a.test.org/?p=1&#038;c=2  https://a.test.org/?c=2&p=1
http://münchen.test.org/a  http://xn--mnchen-3ya.test.org/a
https://a.test.org/n;jsessionid=0A1B?id=3  https://a.test.org/n?id=3&PHPSESSID=77
https://a.test.org/(S(lit3py55t21z5v55vlm25s55))/n.aspx  https://a.test.org/n.aspx
https://a.test.org/n#comments  https://a.test.org/n#:~:text=gold  https://a.test.org/n
https://a.test.org/n?utm_source=x&utm_medium=y  https://a.test.org/n&utm_source=rss
https://a.test.org/n?id=5?utm_source=rss  https://a.test.org/n?id=5
https://a.test.org/n%3Futm_source%3Drss  https://a.test.org/n
https://a.test.org/n?gclid=1&_hsenc=2&mkt_tok=3&wt_mc=4&spm=a.b&hmsr=x  https://a.test.org/n
https://a.test.org/n?sf273612345=1&WT.mc_id=2&elqTrackId=3  https://a.test.org/n
https://a.test.org/n?from=singlemessage&isappinstalled=0  https://a.test.org/n?from=timeline
https://a.test.org/n?ref=newsletter.example.net&source=rss-feed&via=tw-share  https://a.test.org/n
https://a.test.org/n/amp  https://a.test.org/n/amp/  https://a.test.org/n?outputType=amp
https://a.test.org/n.amp.html  https://a.test.org/n.html?amp  https://a.test.org/n.html?amp=true
https://amp.a.test.org/n  https://m.a.test.org/n  https://wap.a.test.org/n  https://3g.a.test.org/n
https://a-test-org.cdn.ampproject.org/v/s/a.test.org/n?amp_js_v=0.1  https://a.test.org/n
https://www.google.co.uk/amp/s/a.test.org/n  https://www.bing.com/amp/s/a.test.org/n
https://de.m.wikipedia.org/wiki/Atom  https://de.wikipedia.org/wiki/Atom?wprov=sfla1
https://x.blogspot.de/2012/01/a.html?m=1  http://x.blogspot.com/2012/01/a.html
https://www.bbc.co.uk/news/uk-123  https://www.bbc.com/news/uk-123?ns_mchannel=social#0
https://www.cnbc.com/amp/2024/05/01/gold.html  https://www.cnbc.com/2024/05/01/gold.html
https://l.facebook.com/l.php?u=https%3A%2F%2Fa.test.org%2Fn%3Ffbclid%3DIw&h=AT  https://a.test.org/n
https://nam12.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.test.org%2Fn&data=05  https://a.test.org/n
https://urldefense.com/v3/__https://a.test.org/n__;!!abc$  https://a.test.org/n
https://urldefense.proofpoint.com/v2/url?u=https-3A__a.test.org_n&d=x  https://a.test.org/n
https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9hLnRlc3Qub3JnL24&ntb=1  https://a.test.org/n
https://r.search.yahoo.com/_ylt=A/RV=2/RU=https%3a%2f%2fa.test.org%2fn/RK=2/RS=x  https://a.test.org/n
https://vk.com/away.php?to=https%3A%2F%2Fa.test.org%2Fn  https://away.vk.com/away.php?to=https%3A%2F%2Fa.test.org%2Fn
https://www.linkedin.com/redir/redirect?url=https%3A%2F%2Fa%2Etest%2Eorg%2Fn&urlhash=x  https://a.test.org/n
https://link.juejin.cn?target=https%3A%2F%2Fa.test.org%2Fn  https://link.csdn.net/?target=https%3A%2F%2Fa.test.org%2Fn
https://www.jianshu.com/go-wild?ac=2&url=https%3A%2F%2Fa.test.org%2Fn  https://a.test.org/n
https://www.douban.com/link2/?url=https%3A%2F%2Fa.test.org%2Fn&q=1  https://c.pc.qq.com/middlem.html?pfurl=https%3A%2F%2Fa.test.org%2Fn
https://go.skimresources.com/?id=1&url=https%3A%2F%2Fa.test.org%2Fn  https://www.awin1.com/cread.php?ued=https%3A%2F%2Fa.test.org%2Fn
https://click.linksynergy.com/deeplink?id=1&murl=https%253A%252F%252Fa.test.org%252Fn  https://a.test.org/n
https://medium.com/m/global-identity-2?redirectUrl=https%3A%2F%2Fa.test.org%2Fn  https://a.test.org/n
https://href.li/?https://a.test.org/n  https://web.archive.org/web/2020id_/http://a.test.org:80/n
https://unheard.test.net/redirect?url=https%3A%2F%2Fa.test.org%2Fn  https://a.test.org/n
https://go.theregister.com/feed/www.theregister.com/2024/05/01/n/  https://www.theregister.com/2024/05/01/n/
https://news.google.com/rss/articles/CBMiAU_yqLx?oc=5  https://news.google.com/read/CBMiAU_yqLx?hl=en-US&gl=US&ceid=US:en
https://youtu.be/aqz-KE-bpKQ?si=x  https://www.youtube.com/watch?v=aqz-KE-bpKQ&t=9s  https://www.youtube.com/shorts/aqz-KE-bpKQ
https://mobile.twitter.com/u/status/20  https://x.com/u/status/20/photo/1  https://nitter.net/u/status/20#m
https://redd.it/1abcde  https://old.reddit.com/r/x/comments/1abcde/a_title/  https://www.reddit.com/comments/1abcde
https://arxiv.org/pdf/1706.03762v7.pdf  https://arxiv.org/abs/1706.03762  https://doi.org/10.48550/arXiv.1706.03762
https://dx.doi.org/10.1145/ABC.1  https://doi.org/10.1145/abc.1  https://dl.acm.org/doi/pdf/10.1145/abc.1
https://stackoverflow.com/questions/11227809/why-is-it  https://stackoverflow.com/q/11227809
https://www.amazon.com/A-Book/dp/0131103628/ref=sr_1_1?keywords=c  https://www.amazon.com/gp/product/0131103628
https://medium.com/@u/a-title-0123456789ab?source=rss-5f---2  https://u.medium.com/a-title-0123456789ab
https://open.substack.com/pub/name/p/title?r=1  https://name.substack.com/p/title
http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202112082206672930  http://finance.eastmoney.com/news/1344,202112082206672930.html
https://wap.eastmoney.com/a/202112082206672930.html  http://stock.eastmoney.com/news/11060,202112082206672930.html
https://www.toutiao.com/a7012345678901234567/  https://m.toutiao.com/i7012345678901234567/?tt_from=weixin
https://c.m.163.com/news/a/HABCDE12000189FH.html?spss=newsapp  https://www.163.com/dy/article/HABCDE12000189FH.html
https://k.sina.com.cn/article_1893892941_70e2834d02000abcd.html  https://k.sina.cn/article_1893892941_70e2834d02000abcd.html?vt=4
https://new.qq.com/omn/20211208/20211208A0B1C200.html  https://xw.qq.com/cmsid/20211208A0B1C200
https://www.cls.cn/detail/880000  https://api3.cls.cn/share/article/880000?os=android&sv=7.7.5&app=CailianpressWeb
https://finance.ifeng.com/c/8BmfG2abcDe  https://ishare.ifeng.com/c/s/8BmfG2abcDe
https://weibo.com/1642634100/z0JH2lOMb?from=page  https://m.weibo.cn/detail/3501756485200075
https://www.bilibili.com/video/BV1GJ411x7h7/?spm_id_from=333  https://b23.tv/BV1GJ411x7h7
https://mp.weixin.qq.com/s?__biz=Mz==&mid=22&idx=1&sn=f0&chksm=e&scene=21#wechat_redirect  http://mp.weixin.qq.com/s?__biz=Mz==&mid=22&idx=1&sn=f0
https://www.zhihu.com/question/19550225/answer/22  https://www.zhihu.com/answer/22?utm_id=0
https://m.blog.csdn.net/u/article/details/1234  https://blog.csdn.net/u/article/details/1234?ops_request_misc=x
https://m.thepaper.cn/newsDetail_forward_15000  https://www.thepaper.cn/newsDetail_forward_15000?commTag=true
https://n.news.naver.com/mnews/article/015/0004667890?sid=101  https://news.naver.com/main/read.naver?mode=LSD&oid=015&aid=0004667890
""".strip()

# Each line: addresses of two pages.
DIFFERENT = """
https://a.test.org/?p=1  https://a.test.org/?p=2
https://a.test.org/show?infoCode=1  https://a.test.org/show?infoCode=2
https://a.test.org/n?storyid=1  https://a.test.org/n?storyid=2
https://a.test.org/n?uid=1  https://a.test.org/n?uid=2
https://a.test.org/n?cid=1  https://a.test.org/n?cid=2
https://a.test.org/n?sn=1  https://a.test.org/n?sn=2
https://a.test.org/n?v=1  https://a.test.org/n?v=2
https://a.test.org/n?q=gold  https://a.test.org/n?q=oil
https://a.test.org/n?f=11  https://a.test.org/n?f=12
https://a.test.org/n?from=USD  https://a.test.org/n?from=EUR
https://a.test.org/n?ref=main  https://a.test.org/n?ref=v2
https://a.test.org/n?source=reuters.com  https://a.test.org/n?source=apnews.com
https://a.test.org/?s=twitter  https://a.test.org/?s=reddit
https://a.test.org/?feed=rss2  https://a.test.org/
https://a.test.org/n?x=1&x=2  https://a.test.org/n?x=2&x=1
https://a.test.org/n?q=c%2B%2B  https://a.test.org/n?q=c++
https://a.test.org/n?q=a%26b=1  https://a.test.org/n?q=a&b=1
https://a.test.org/a%252Fb  https://a.test.org/a%2Fb
https://a.test.org/a%3Fb  https://a.test.org/a?b
https://a.test.org/a%23b  https://a.test.org/a
https://a.test.org/c%2B  https://a.test.org/c+
https://a.test.org/News  https://a.test.org/news
https://a.test.org/n.htm  https://a.test.org/n.html
https://a.test.org/en/n  https://a.test.org/zh/n
https://en.test.org/n  https://zh.test.org/n
https://a.test.org/n  https://a.test.org:8443/n
https://a.test.org/#!/n/1  https://a.test.org/#!/n/2
https://a.test.org/#/n/1  https://a.test.org/#/n/2
https://a.test.org/amp  https://a.test.org/
https://a.test.org/tag/amp/  https://a.test.org/tag/
https://github.com/ampproject/amp  https://github.com/ampproject
https://ann.github.io/n  https://bob.github.io/n
https://m.tumblr.com/n  https://tumblr.com/n
https://m.co.uk/n  https://wap.co.uk/n
https://bit.ly/3AbC  https://bit.ly/3aBc
https://www.baidu.com/link?url=Ab  https://www.baidu.com/link?url=Ac
https://news.google.com/rss/articles/CBMiAU_yqLx  https://news.google.com/rss/articles/CBMiAU_yqLy
https://youtu.be/aqz-KE-bpKQ  https://youtu.be/aqz-KE-bpKR
https://www.youtube.com/playlist?list=PL1  https://www.youtube.com/playlist?list=PL2
https://x.com/u/status/20  https://x.com/u/status/201
https://www.reddit.com/r/x/comments/1abcde/t/k1  https://www.reddit.com/r/x/comments/1abcde/t/k2
https://arxiv.org/abs/1706.03762  https://arxiv.org/abs/1706.03763
https://news.ycombinator.com/item?id=1  https://news.ycombinator.com/item?id=2
https://stackoverflow.com/questions/1/t/5  https://stackoverflow.com/questions/1/t/6
http://finance.eastmoney.com/a/202112082206672930.html  http://finance.eastmoney.com/a/202112082206672931.html
https://mp.weixin.qq.com/s?src=11&signature=a  https://mp.weixin.qq.com/s?src=11&signature=b
https://www.bilibili.com/video/BV1GJ411x7h7?p=2  https://www.bilibili.com/video/BV1GJ411x7h7?p=3
https://weibo.com/1642634100/z0JH2lOMb  https://weibo.com/1642634100/z0JH2lOMc
https://www.163.com/dy/article/HABCDE12000189FH.html  https://www.163.com/dy/article/HABCDE13000189FH.html
https://a.test.org/play?list=https://b.test.org/1  https://a.test.org/play?list=https://b.test.org/2
""".strip()


@pytest.mark.parametrize("line", SAME.splitlines())
def test_addresses_of_one_page_have_one_key(line: str) -> None:
    keys = {url_key(url) for url in line.split()}

    assert len(keys) == 1, keys


@pytest.mark.parametrize("line", DIFFERENT.splitlines())
def test_other_pages_have_other_keys(line: str) -> None:
    one, other = line.split()

    assert url_key(one) != url_key(other)


PAIRS = [
    line.split()
    for line in (Path(__file__).parent / "link_pairs.txt").read_text(encoding="utf-8").splitlines()
    if line and not line.startswith("#")
]


@pytest.mark.parametrize(("mark", "one", "other"), [(p[0], p[1], x) for p in PAIRS for x in p[2:]])
def test_addresses_as_sites_write_them(mark: str, one: str, other: str) -> None:
    assert (url_key(one) == url_key(other)) is {"=": True, "!": False}[mark]


UNKNOWN = "id p page infoCode v idx sn storyid lang q uid cid eid mid sid jobid partnerid hash un"


@pytest.mark.parametrize("name", UNKNOWN.split())
def test_a_parameter_that_nobody_knows_is_never_taken_off(name: str) -> None:
    url = f"https://a.test.org/n?{name}=12a"

    assert canonicalize(url + "&utm_source=x") == url
    assert url_key(url) != url_key(url + "b")


def test_a_place_in_a_page_is_the_same_page_and_may_be_another_entry() -> None:
    page = "https://a.test.org/changes"

    assert url_key(page + "#dark-mode") == url_key(page) == entry_key(page + "#comments")
    assert entry_key(page + "#dark-mode") != entry_key(page)
    assert key_of(_entry(), page + "#v1.2") != key_of(_entry(), page + "#v1.3")


@pytest.mark.parametrize("length", [30, 127, 128, 300])
def test_an_old_google_news_address_tells_where_it_leads(length: int) -> None:
    url = "https://a.test.org/".ljust(length, "n")

    assert canonicalize(_google_news(url) + "?oc=5") == url


GOOD = """
https://a.test.org/
https://www.a.test.org/2024/05/01/a-title/
http://a.test.org/show.php?b=2&a=1&c=%e4%b8%ad&d=a+b&e=
http://finews.zning.xyz/html_News/NewsShare.html?infoCode=NW202202222284433985
http://127.0.0.1:8000/a
http://localhost:8000/a?b=1
http://[::1]:8000/a
https://m.a.test.org/n
https://a.test.org/wiki/C%2B%2B?x=[1]|{2}
https://a.test.org/#!/n/1
https://mp.weixin.qq.com/s/Ab_Cd-1
https://bit.ly/3AbC
https://medium.com/@u/a-title-0123456789ab
https://a.test.org/n?source=reuters&cid=7&mid=8&s=gold
""".strip()


@pytest.mark.parametrize("url", GOOD.splitlines())
def test_a_good_address_stays_byte_for_byte(url: str) -> None:
    assert canonicalize(url) == url


BEFORE_AFTER = [
    (" \ufeff<![CDATA[ https://a.test.org/n ]]>\n", "https://a.test.org/n"),
    ("<https://a.test.org/n>", "https://a.test.org/n"),
    ("https://a.test.org/a\n/long\n/path", "https://a.test.org/a/long/path"),
    ("HTTPS://A.Test.ORG:443/N", "https://a.test.org/N"),
    ("http://a.test.org:0080/n", "http://a.test.org/n"),
    ("https://me:secret@a.test.org/n", "https://a.test.org/n"),
    ("https://a.test.org", "https://a.test.org/"),
    ("//a.test.org/n", "https://a.test.org/n"),
    ("www.test.org/n", "https://www.test.org/n"),
    ("https://例子.测试/新闻", "https://xn--fsqu00a.xn--0zwm56d/%E6%96%B0%E9%97%BB"),
    ("https://☃.net/", "https://xn--n3h.net/"),
    ("https://a.test.org/a b%7e%2f%d6%d0", "https://a.test.org/a%20b~%2F%D6%D0"),
    ("https://a.test.org/100%", "https://a.test.org/100%25"),
    ("https://a.test.org/a/./b/../c", "https://a.test.org/a/c"),
    ("https://a.test.org/n#top", "https://a.test.org/n"),
    ("https://a.test.org/n#", "https://a.test.org/n"),
    ("https://a.test.org/n#xtor=RSS-1", "https://a.test.org/n"),
    ("https://a.test.org/n#more-12", "https://a.test.org/n"),
    ("https://a.test.org/n#v1.2", "https://a.test.org/n#v1.2"),
    ("https://a.test.org/n#二", "https://a.test.org/n#%E4%BA%8C"),
    ("https://a.test.org/n?utm_source=x#c1", "https://a.test.org/n#c1"),
    ("https://a.test.org/n?b=%e4&utm_source=x&a=a+b", "https://a.test.org/n?b=%e4&a=a+b"),
    ("https://a.test.org/n?utm_source=x", "https://a.test.org/n"),
    ("https://a.test.org/n/amp/?x=1", "https://a.test.org/n/?x=1"),
    ("https://a.test.org/n?source=rss", "https://a.test.org/n"),
    ("https://a.test.org/n?source=101", "https://a.test.org/n?source=101"),
    (
        "https://mp.weixin.qq.com/s?__biz=M&mid=2&idx=1&sn=f&new_one=3#rd",
        "https://mp.weixin.qq.com/s?__biz=M&mid=2&idx=1&sn=f",
    ),
    (
        "https://www.google.com/url?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3D"
        "https%253A%252F%252Fa.test.org%252Fn%253Futm_source%253Dfb",
        "https://a.test.org/n",
    ),
    # A wrapper around what nobody could open stays.
    ("https://out.reddit.com/t3?url=http://intranet/", "https://out.reddit.com/t3?url=http://intranet/"),
    ("", None),
    ("n.html", None),
    ("tag:test.org,2024:1", None),
    ("urn:uuid:1", None),
    ("javascript:alert(1)", None),
    ("mailto:a@test.org", None),
    ("ftp://a.test.org/n", None),
    ("http://", None),
    ("http:///n", None),
    ("http://intranet/n", None),
    ("http://a..test.org/", None),
    ("http://a.test.org:99999/", None),
    ("http://[::1/", None),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), BEFORE_AFTER)
def test_an_address_is_made_fit_to_publish(before: str, after: str | None) -> None:
    assert canonicalize(before) == after


@pytest.mark.parametrize(
    ("url", "base", "after"),
    [
        ("n", "https://a.test.org/b/c", "https://a.test.org/b/n"),
        ("/n?x=1", "http://a.test.org/b/c", "http://a.test.org/n?x=1"),
        ("../n", "https://a.test.org/b/c/", "https://a.test.org/b/n"),
        ("//b.test.org/n", "http://a.test.org/", "http://b.test.org/n"),
        ("https://b.test.org/n", "https://a.test.org/", "https://b.test.org/n"),
        ("", "https://a.test.org/", None),
        ("n", "http://[x", None),
        ("n", "urn:x", None),
    ],
)
def test_a_relative_address_is_made_absolute(url: str, base: str, after: str | None) -> None:
    assert canonicalize(url, base=base) == after


PIECES = r"""
https:// http: // / a.test.org www.google.com news.google.com web.archive.org/web/1/ /url?q= /amp
/amp/s/ .amp . .. ? & # #! ; = utm_source=x &amp; %61mp; %2e %3Futm_a \ % CBMi ;jsessionid=1
(S(a)) index.html @ :80 [::1] 金
"""
ANY_URL = st.one_of(
    st.text(),
    st.sampled_from(
        [*SAME.split(), *DIFFERENT.split(), *GOOD.split(), *(a for a, _ in BEFORE_AFTER)]
    ),
    st.lists(st.sampled_from(PIECES.split()) | st.sampled_from([" ", "\n", "\udcd6"])).map("".join),
)


@given(ANY_URL, st.none() | st.just("https://a.test.org/b/") | st.text())
def test_any_text_is_an_address_or_none(url: str, base: str | None) -> None:
    link = canonicalize(url, base=base)

    assert isinstance(url_key(url), str)
    if link is not None:
        assert link.isascii()
        assert link.startswith(("http://", "https://"))
        assert canonicalize(link) == link


def test_what_is_longer_than_any_address_is_none() -> None:
    link = "https://a.example/" + "a" * 7_900

    assert canonicalize(link) == link
    assert canonicalize(link + "a" * 200) is None
    assert canonicalize(link, base=link * 2) == link
    assert url_key(link * 2) == link * 2  # and is compared as the text that it is


@given(ANY_URL)
def test_a_key_outlives_canonicalizing(url: str) -> None:
    link = canonicalize(url)

    assert link is None or url_key(link) == url_key(url)


# ── what a config adds ───────────────────────────────────────────────────────

OWN = LinkRules(
    drop=frozenset({"app", "x_*"}),
    keep=frozenset({"ref", "utm_id"}),
    redirectors=(("out.test.org", ("to", "u")),),
    opaque=frozenset({"s.test.org"}),
    mirrors=(("handy.test.org", "www.test.org"),),
)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://a.test.org/n?App=1&x_y=2&id=3&X_=4", "https://a.test.org/n?id=3"),
        ("https://a.test.org/n?ref=rss&utm_id=1&utm_source=x", "https://a.test.org/n?ref=rss&utm_id=1"),
        ("https://out.test.org/any/path?u=https%3A%2F%2Fa.test.org%2Fn%3Fapp%3D1", "https://a.test.org/n"),
        ("https://go.out.test.org/?x=1&to=https://a.test.org/n", "https://a.test.org/n"),
        ("https://out.test.org/n?to=nowhere", "https://out.test.org/n?to=nowhere"),
        ("https://handy.test.org/n", "https://handy.test.org/n"),
    ],
)  # fmt: skip
def test_a_config_adds_to_what_is_known(before: str, after: str) -> None:
    assert canonicalize(before, rules=OWN) == after
    assert canonicalize(after, rules=OWN) == after
    assert before == after or canonicalize(before) != after


def test_mirrors_are_compared_as_one_host() -> None:
    one, other = "https://handy.test.org/n", "http://test.org/n/"

    assert url_key(one, OWN) == url_key(other, OWN) == url_key(other)
    assert url_key(one) != url_key(other)


def test_a_host_that_a_config_calls_opaque_waits_for_a_better_link() -> None:
    entry = _entry(Link(href="https://s.test.org/abc"), Link(href=PAGE, rel="permalink"))

    assert choose(entry, rules=OWN) == PAGE
    assert choose(entry) == "https://s.test.org/abc"


@pytest.mark.parametrize(
    ("url", "owner"),
    [
        ("https://finance.sina.com.cn/a", "sina.com.cn"),
        ("https://news.bbc.co.uk/a", "bbc.co.uk"),
        ("https://a.test.org:8080/n?x=1", "test.org"),
        ("https://someone.blogspot.com/n", "someone.blogspot.com"),
        ("https://someone.substack.com/archive", "someone.substack.com"),
        ("https://news.city.kawasaki.jp/n", "city.kawasaki.jp"),
        ("http://192.0.2.1/a", "192.0.2.1"),
        ("http://[2001:db8::1]:80/a", "[2001:db8::1]"),
    ],
)
def test_hosts_of_one_owner_have_a_domain_in_common(url: str, owner: str) -> None:
    assert domain(url_key(url)) == owner


def test_rules_that_say_the_same_make_one_edition() -> None:
    assert edition(OWN) == edition(replace(OWN)) != edition(replace(OWN, keep=frozenset()))
    assert edition(KNOWN) == edition(LinkRules())


# ── the link of an entry ─────────────────────────────────────────────────────

PAGE = "https://a.test.org/n"
SHORT = "https://bit.ly/3AbC"
FEEDBURNER = "http://feeds.test.org/~r/a/~3/Xy-1/"
HOME = "https://a.test.org/"


def _entry(*links: Link, id: str = "", base: str | None = None) -> Entry:
    return Entry(id=id, links=links, base=base)


def test_what_the_publisher_calls_canonical_wins() -> None:
    entry = _entry(Link(href="https://b.test.org/copy"), Link(href=PAGE, rel="canonical"))

    assert choose(entry) == PAGE


def test_a_web_page_is_better_than_other_types() -> None:
    entry = _entry(
        Link(href="https://a.test.org/n.json", type="application/json"),
        Link(href=PAGE, type="text/html; charset=utf-8"),
    )

    assert choose(entry) == PAGE


def test_a_wrapped_link_is_unwrapped() -> None:
    wrapped = "https://www.google.com/url?url=https%3A%2F%2Fa.test.org%2Fn&ct=ga"

    assert choose(_entry(Link(href=wrapped))) == PAGE


@pytest.mark.parametrize("hidden", [SHORT, FEEDBURNER])
def test_a_permalink_is_better_than_a_link_that_hides_its_target(hidden: str) -> None:
    assert choose(_entry(Link(href=hidden), Link(href=PAGE, rel="permalink"))) == PAGE


@pytest.mark.parametrize("hidden", [SHORT, FEEDBURNER])
def test_a_link_that_hides_its_target_is_better_than_none(hidden: str) -> None:
    assert choose(_entry(Link(href=hidden), id="tag:a.test.org,2024:1")) == hidden


def test_the_home_page_is_no_link_of_an_entry() -> None:
    entry = _entry(Link(href="http://www.a.test.org"), Link(href=HOME + "#top", rel="permalink"))

    assert choose(entry, feed_urls=[HOME, "https://a.test.org/feed"]) is None
    permalink = with_permalink([Link(href=HOME)], PAGE)
    assert choose(_entry(*permalink), feed_urls=[HOME]) == PAGE


def test_a_place_in_a_page_of_several_entries_is_the_link_of_one() -> None:
    entry = _entry(Link(href=HOME + "#monday"))

    assert choose(entry, feed_urls=[HOME]) == HOME + "#monday"
    assert url_key(HOME + "#monday") != url_key(HOME + "#tuesday")


def test_without_a_link_the_id_will_do_if_it_is_an_address() -> None:
    assert choose(_entry(*with_permalink([], PAGE))) == PAGE
    assert with_permalink([], "12345") == with_permalink([], "http:") == ()
    assert with_permalink([Link(href=PAGE)], PAGE) == (Link(href=PAGE),)
    assert choose(_entry()) is None


def test_an_id_is_no_link_unless_its_reader_says_so() -> None:
    assert choose(_entry(id=PAGE)) is None


def test_relative_links_resolve_against_the_base() -> None:
    assert choose(_entry(Link(href="n"), base=HOME)) == PAGE


def test_credits_and_discussions_are_no_link_of_an_entry() -> None:
    others = [Link(href=PAGE, rel=rel) for rel in ("via", "related", "replies", "self", "key")]
    origin = Origin(links=(Link(href=PAGE),))
    entry = Entry(
        links=tuple(others), origin=origin, comments=PAGE, content=f'<a href="{PAGE}">n</a>'
    )

    assert choose(entry) is None


REDDIT = "https://www.reddit.com/r/news/comments/1abcde/a_title/"
DISCUSSED = [
    (REDDIT, '<a href="{}?utm_source=x&amp;id=7">[link]</a> <a href="{}">[comments]</a>', "?id=7"),
    ("https://old.reddit.com/user/u/comments/1abcde/t/", "<a rel=x href='{}'>\n[link] </a>", ""),
    ("https://news.ycombinator.com/item?id=39700001", '<p>Article URL: <a href="{}">n</a></p>', ""),
    ("https://tildes.net/~tech/1abc/a_title", '<p>Link URL: <a href="{}">{}</a></p>', ""),
]


@pytest.mark.parametrize(("page", "text", "more"), DISCUSSED)
def test_a_discussion_gives_way_to_what_it_is_about(page: str, text: str, more: str) -> None:
    entry = Entry(links=(Link(href=page),), content=text.replace("{}", PAGE))

    assert choose(entry) == PAGE + more
    assert discussion(entry, PAGE + more) == page


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (REDDIT, f'<a href="{REDDIT}">[link]</a> <a href="{REDDIT}">[comments]</a>'),  # a question
        (REDDIT, '<a href="https://i.redd.it/picture.jpg">[link]</a>'),
        (REDDIT, '<a href="https://www.reddit.com/gallery/1abcde">[link]</a>'),
        (REDDIT, f'see <a href="{PAGE}">this</a> and <a>[link]</a>'),
        (REDDIT, '<a href="javascript:x">[link]</a>'),
        ("https://www.reddit.com/r/news/", f'<a href="{PAGE}">[link]</a>'),
        ("https://news.ycombinator.com/item?id=1", f'<a href="{PAGE}">n</a>'),
        ("https://b.test.org/r/news/comments/1abcde/", f'<a href="{PAGE}">[link]</a>'),
    ],
)
def test_a_page_that_discusses_no_other_is_the_link(page: str, text: str) -> None:
    entry = Entry(links=(Link(href=page),), content=text)

    assert choose(entry) == page
    assert discussion(entry, page) is None


def test_where_the_link_hides_its_target_the_source_of_dublin_core_is_better() -> None:
    source = Link(href=PAGE, rel="source")

    assert choose(_entry(Link(href=SHORT), source)) == PAGE
    assert choose(_entry(Link(href="https://b.test.org/n"), source)) == "https://b.test.org/n"
    assert choose(_entry(source)) is None
    assert choose(_entry(Link(href=SHORT), Link(href="The Paper", rel="source"))) == SHORT


def test_the_key_is_that_of_the_link() -> None:
    number = Link(href="https://finance.eastmoney.com/a/202202222284433985.html", rel="key")

    assert key_of(_entry(number), PAGE) == url_key(PAGE)
    assert key_of(_entry(number), None) == "eastmoney:202202222284433985"
    assert key_of(_entry(), None) is None


@pytest.mark.parametrize("size", [600, 7_000, 1_000_000])
def test_a_long_address_is_not_kept_in_memory(size: int) -> None:
    url = "http://a.example/?utm_source=b&x=" + "y" * size
    before = sys.getrefcount(url)

    canonicalize(url)
    url_key(url)

    assert sys.getrefcount(url) == before
