"""Liquid in posts: what Jekyll 4.3.1 makes of it in a site, what is left alone in other folders,
and what a post cannot do with it.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.formats.jekyll import Site
from aggregator.formats.posts import parse
from aggregator.formats.site_posts import Reader
from aggregator.model import Feed, PostOptions

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATH = "_posts/2026-01-02-t-post.md"
HEAD = """---
title: T
date: 2026-01-02 10:00:00 +0800
pic: /p.png
tags: [x, y]
categories: c d
when: 2026-05-06
n: 4
list: [1, 2]
map: {k: v}
---
"""
FILES = {
    "_config.yml": "title: Site & Co\nurl: https://blog.example\nbaseurl: /b\n"
    "permalink: /:year/:title/\ntimezone: Asia/Shanghai\nnav: [a, b]\nauthor: {name: Ann}\n",
    "_includes/img.html": '<img src="{{ include.url | relative_url }}" alt="{{ include.alt }}">'
    "{% if include.big %}BIG{% endif %}",
    "_includes/nest.html": "{% include img.html url=include.u %}|{{ page.title }}",
    "_includes/self.html": "{% include self.html %}{% include self.html %}",
    "_includes/odd.html": "{% nobody %}{{ page.title }}{% if %}",
    "_posts/2026-01-01-other-post.md": "---\ntitle: Other\n---\n",
    "_posts/beside.html": "<b>{{ page.title }}</b>",
    "_posts/sub/2026-01-01-sub-post.md": "---\ntitle: Sub\n---\n",
    "blog/_posts/2026-01-01-blog-post.md": "---\ntitle: Blog\n---\n",
    "about.md": "---\ntitle: About\n---\n",
    "me.html": "---\npermalink: /me/\n---\n",
    "docs/index.md": "---\n---\n",
    "a.pdf": "PDF",
    "secret.txt": "password",
}


def feed_of(body: str, head: str = HEAD, **files: str) -> Feed:
    there: Mapping[str, str] = {**FILES, **files, PATH: head + body}
    site = Site(there, there["_config.yml"].encode())

    def source(path: str) -> bytes | None:
        return there[path].encode() if path in there else None

    return Reader(site, PostOptions(), now=NOW, source=source).parse(there[PATH].encode(), PATH)


def html(body: str, head: str = HEAD, **files: str) -> str:
    """Of a post that is HTML by its first tag, so that Markdown changes nothing."""
    (entry,) = feed_of(f"<div>{body}</div>", head, **files).entries
    assert entry.content
    return entry.content.removeprefix("<div>").removesuffix("</div>")


def loose(body: str, path: str = "2026-01-02-a.md") -> Feed:
    options = PostOptions(site_hosts=("blog.example",))
    return parse(f"---\ntitle: T\npic: /p.png\n---\n{body}".encode(), path=path, options=options)


def text_of(feed: Feed) -> str:
    (entry,) = feed.entries
    return entry.content or ""


# ── as Jekyll runs it ────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("liquid", "told"),
    [
        ("{{ site.title }} {{ site.url }}{{ site.baseurl }}/x", "Site & Co https://blog.example/b/x"),
        ("{{ page.title }} {{ page.date }} {{ page.url }}", "T 2026-01-02 10:00:00 +0800 /2026/t-post/"),
        ("{{ page.categories | join: '/' }}{{ page.nope }}", "c/d"),
        ("{{ '/x.png' | relative_url }} {{ 'x.png' | relative_url }}", "/b/x.png /b/x.png"),
        ("{{ '/x' | absolute_url }} {{ '/' | absolute_url }}", "https://blog.example/b/x https://blog.example/b/"),
        ("{{ 'https://a.example/' | relative_url }} {{ '' | relative_url }}", "https://a.example/ /b"),
        ("{{ '/b/x' | relative_url }}", "/b/b/x"),
        ("{% raw %}{{ x }}{% endraw %} {% comment %}no{% endcomment %}yes", "{{ x }} yes"),
        ("{% post_url 2026-01-01-other-post %}", "/b/2026/other-post/"),
        ("{% post_url sub/2026-01-01-sub-post %}", "/b/2026/sub-post/"),
        ("{% post_url blog/2026-01-01-blog-post %}", "/b/2026/blog-post/"),
        ("{% link about.md %} {% link me.html %} {% link a.pdf %}", "/b/about/ /b/me/ /b/a.pdf"),
        ("{% link docs/index.md %}", "/b/docs/"),
        ("{% link _posts/2026-01-01-other-post.md %}", "/b/2026/other-post/"),
        ("{% include img.html url='/a.png' alt=\"A \\\"b\\\"\" %}", '<img src="/b/a.png" alt="A "b"">'),
        ("{% include img.html url=page.pic big=true alt=site.author.name %}", '<img src="/b/p.png" alt="Ann">BIG'),
        ("{% include nest.html u='z' %}", '<img src="/b/z" alt="">|T'),
        ("{% include {{ 'IMG' | downcase }}.html url='z' %}", '<img src="/b/z" alt="">'),
        ("{% include_relative beside.html %}", "<b>T</b>"),
        ("{% if page.pic %}P{% else %}N{% endif %}{% unless page.x %}U{% endunless %}", "PU"),
        ("{% for n in site.nav %}{{ forloop.index }}{{ n }}{% unless forloop.last %},{% endunless %}{% endfor %}", "1a,2b"),
        ("{% assign x = 'a,b,c' | split: ',' %}{{ x | size }}{{ x[1] }}{{ x | reverse | join: '-' }}", "3bc-b-a"),
        ("{% capture c %}q{{ 1 | plus: 2 }}{% endcapture %}{{ c | upcase }}", "Q3"),
        ("{{ page.date | date: '%Y-%m-%d %H:%M' }} {{ page.date | date: '%-d %B %Y' }}", "2026-01-02 10:00 2 January 2026"),
        ("{{ page.date | date_to_xmlschema }} {{ page.date | date_to_string }}", "2026-01-02T10:00:00+08:00 02 Jan 2026"),
        ("{{ page.date | date_to_rfc822 }}", "Fri, 02 Jan 2026 10:00:00 +0800"),
        ("{{ page.when | date: '%Y/%m/%d' }} {{ 'soon' | date: '%Y' }}", "2026/05/06 soon"),
        ("{{ 'A b C!' | slugify }} {{ 'A & <b>' | xml_escape }}", "a-b-c A &amp; &lt;b&gt;"),
        ("{{ 'a b&c' | cgi_escape }} {{ 'a b&c é' | uri_escape }}", "a+b%26c a%20b&c%20%C3%A9"),
        ("{{ site.nav | array_to_sentence_string }} {{ site.nav | jsonify }}", 'a and b ["a","b"]'),
        ("{{ 'x' | nofilter }} {{ 'a   b' | normalize_whitespace }} {{ '12' | to_integer | plus: 1 }}", "x a b 13"),
        ("{{ 'hello' | truncate: 4 }} {{ 3 | divided_by: 2 }} {{ 1.5 | round }} {{ nil | default: 'd' }}", "h... 1 2 d"),
        ("a {%- if true -%} b {%- endif -%} c", "abc"),
        ("{% case page.title %}{% when 'T' %}t{% else %}o{% endcase %}", "t"),
        ("{{ page.path }} {{ page.id }} {{ page.slug }}", "_posts/2026-01-02-t-post.md /2026/t-post t-post"),
        ("{{ page.n | plus: 1 }} {{ page.list | join: '+' }} {{ page.map.k }} {{ page.list.size }}", "5 1+2 v 2"),
        ("{% increment x %}{% increment x %}{% decrement y %}", "01-1"),
    ],
)  # fmt: skip
def test_liquid_is_run_as_jekyll_runs_it(liquid, told):
    assert html(liquid) == told


def test_links_and_images_of_a_post_lead_to_where_they_are():
    feed = feed_of(
        "[other]({% post_url 2026-01-01-other-post %}) ![]({{ site.baseurl }}/a.png)\n"
        "[about]({{ '/about/' | relative_url }})."
    )

    assert text_of(feed) == (
        '<p><a href="/b/2026/other-post/">other</a> <img src="/b/a.png" alt="" />\n'
        '<a href="/b/about/">about</a>.</p>'
    )
    assert feed.problems == ()


def test_code_is_shown_as_it_is_with_its_blank_lines():
    body = "Text.\n\n{% highlight html linenos %}\n<p>\n\n**a** {{ page.title }}\n{% endhighlight %}\n\nMore."

    assert text_of(feed_of(body)) == (
        '<p>Text.</p>\n<pre><code class="language-html">&lt;p&gt;\n\n**a** T</code></pre>\n<p>More.</p>'
    )


@pytest.mark.parametrize("where", ["post", "defaults"])
def test_a_post_may_say_that_it_has_no_liquid(where):
    says = "render_with_liquid: false\n"
    head = HEAD.replace("title:", f"{says}title:") if where == "post" else HEAD
    config = FILES["_config.yml"] + "defaults: [{values: {render_with_liquid: false}}]\n"
    files = {"_config.yml": config} if where == "defaults" else {}

    assert html("{{ page.title }} {% raw %}", head, **files) == "{{ page.title }} {% raw %}"


# ── what is wrong ────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "content", "problem"),
    [
        ("a {% youtube x1 %} b", "a {% youtube x1 %} b", "{% youtube %}: not known; its text is kept"),
        ("a {% if x %} b", "a {% if x %} b", "{% if %} is not closed; its text is kept"),
        ("a {% endif %} b", "a  b", "{% endif %}: nothing is open there; left out"),
        ("a {% else %} b", "a  b", "{% else %}: nothing is open there; left out"),
        ("a {{ b", "a {{ b", "a {{ that does not end; it is text"),
        ("a {% b", "a {% b", "a tag of Liquid that does not end; it is text"),
        ("a {% %} b", "a {% %} b", "a tag of Liquid that does not end; it is text"),
        ("a {{ | x }} {{ page.title }}", "a {{ | x }} T", "Liquid: "),
        ("a {% for x y %}b{% endfor %} {{ page.title }}", "a {% for x y %}b T", "Liquid: "),
        ("a {{ 1 | divided_by: 0 }} b", "a  b", "Liquid: divided_by: can't divide by 0; left out"),
        ("a {% include none.html %} b", "a  b", "{% include none.html %}: no such file"),
        ("a {% include ../secret.txt %} b", "a  b", "{% include ../secret.txt %}: no such file"),
        ("a {% include /secret.txt %} b", "a  b", "{% include /secret.txt %}: no such file"),
        ("a {% include_relative ../secret.txt %} b", "a  b", "{% include_relative ../secret.txt %}: no such"),
        ("a {% raw %} b", "a  b", "{% raw %} is not closed; left out"),
        ("a {% post_url nope %} b", "a about:invalid b", "{% post_url nope %}: not found"),
        ("a {% link nope.md %} b", "a about:invalid b", "{% link nope.md %}: not found"),
        ("a {% render 'img.html' %} b", "a {% render 'img.html' %} b", "{% render %}: not known"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_told_with_its_line(body, content, problem):
    feed = feed_of(f"Line.\n\n{body}")

    assert text_of(feed) == f"<p>Line.</p>\n<p>{content}</p>"
    assert feed.problems[0].startswith(f"{PATH}:14: {problem}")


def test_includes_that_include_themselves_are_text():
    feed = feed_of("a {% include self.html %} b")

    assert text_of(feed) == "<p>a {% include self.html %} b</p>"
    assert feed.problems == (f"{PATH}:12: Liquid: too many includes; its text is kept",)


def test_what_is_wrong_in_an_include_is_text_there():
    assert html("{% include odd.html %}") == "{% nobody %}T{% if %}"


def test_a_link_to_nowhere_is_published_as_its_text():
    from aggregator.rules.clean import clean

    (entry,) = feed_of("[other]({% post_url 2020-01-01-gone %})").entries

    assert "href" not in (clean(entry).content or "") and "other" in (clean(entry).content or "")


# ── what a post cannot do ────────────────────────────────────────────────────

BOMBS = [
    "{% for i in (1..100000) %}{% for j in (1..100000) %}x{% endfor %}{% endfor %}",
    "{% for i in (1..999) %}{{ 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' }}{% endfor %}" * 500,
    "{% assign a = 'xxxxxxxxxx' %}" + "{% assign a = a | append: a %}" * 60,
    "{{ 'xxxxxxxxxx'" + " | replace: 'x', 'xxxxxxxxxx'" * 30 + " }}",
    "{{ (1..10000000000) | join: ',' }}",
    "{{ (1..10000000000) | reverse | size }}",
    "{% assign a = 9999999999 %}" + "{% assign a = a | times: a %}" * 60 + "{{ a }}",
    "{{ 'now' | date: '%1000000000d' }}",
    "{% if true %}" * 1000 + "{% endif %}" * 1000,
    "{{" * 100_000,
    "{% raw %}" * 50_000,
    "{% if x %}" * 50_000,
    "{% highlight a %}" * 20_000,
    "{{ x " + "| a " * 50_000 + "}}",
    "{{ a" + ".a" * 50_000 + " }}",
    "{% comment %}" * 20_000 + "{% endcomment %}" * 20_000,
    "{% include self.html %}" * 100,
    "{% assign a = 'a,b' | split: ',' %}" + "{% assign a = a | concat: a %}" * 60,
    "{% capture a %}{{ a }}{{ a }}x{% endcapture %}" * 100,
]


@pytest.mark.parametrize("body", BOMBS)
def test_a_post_is_read_in_bounded_time_whatever_its_liquid_does(body):
    start = time.process_time()

    for feed in (feed_of(body), loose(body)):
        assert len(text_of(feed)) < 6_000_000

    assert time.process_time() - start < 20


@given(st.lists(st.sampled_from([
    "{{ page.title }}", "{% if a %}", "{% else %}", "{% endif %}", "{% raw %}", "{% endraw %}", "{{", "}}", "{%", "%}",
    "{% for i in (1..3) %}", "{% endfor %}", "{% highlight a %}", "{% endhighlight %}", "{% comment %}", "{% endcomment %}",
    "`", "```", "\n", "\n\n", "text", "{{ x | y: }}", "{% nobody %}", "{{< fig >}}", "{{% /n %}}", "    ", "<pre>", "</pre>",
    "{% case a %}", "{% when 1 %}", "{% endcase %}", "{%-", "-}}", "{#", "{% assign %}", "{% break %}", "{% include img.html %}",
]), max_size=25).map("".join))  # fmt: skip
def test_any_liquid_gives_a_post(body):
    for feed in (feed_of(body), loose(body)):
        assert len(feed.entries) == 1
        assert all(problem.split(":")[1].isdigit() for problem in feed.problems)


# ── folders that no site's config explains ───────────────────────────────────


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("![]({{ site.baseurl }}/a.png)", '<p><img src="/a.png" alt="" /></p>'),
        ("a [x]({{ '/x/' | relative_url }})", '<p>a <a href="/x/">x</a></p>'),
        ("{{ '/x/' | absolute_url }} {{ page.title }} {{ page.pic }}", "<p>https://blog.example/x/ T /p.png</p>"),
        ("{% raw %}{{ a }}{%- endraw -%} {{ b }}", "<p>{{ a }} {{ b }}</p>"),
        ("Vue: {{ user.name }} {{ a | b }}", "<p>Vue: {{ user.name }} {{ a | b }}</p>"),
        ("{% assign n = 'x' %}{{ n }}", "<p>x</p>"),
        ("`{{ page.title }}` {{ page.title }}", "<p><code>{{ page.title }}</code> T</p>"),
        ("`{% raw %}{{ x }}{% endraw %}`", "<p><code>{{ x }}</code></p>"),
        ("```\n{{ page.title }} {% if %}\n```", "<pre><code>{{ page.title }} {% if %}\n</code></pre>"),
        ("```\n{% raw %}\n{{ x }}\n{% endraw %}\n```", "<pre><code>\n{{ x }}\n\n</code></pre>"),
        ("a\n\n    {{ page.title }}", "<p>a</p>\n<pre><code>{{ page.title }}\n</code></pre>"),
        ("<code>{{ page.title }}</code>", "<p><code>{{ page.title }}</code></p>"),
        ("{% comment %}\n<https://code.example/x>\n{% endcomment %}Text.", "<p>Text.</p>"),
        ("{% highlight vue %}\n<a>{{ b }}</a>\n\n<https://code.example/x>\n{% endhighlight %}",
         '<pre><code class="language-vue">&lt;a&gt;{{ b }}&lt;/a&gt;\n\n&lt;https://code.example/x&gt;</code></pre>'),
        ("a {{< figure src=\"/a.png\" alt='夜' >}} b", '<p>a <img src="/a.png" alt="夜"> b</p>'),
        ('[x]({{< ref "y.md" >}})', '<p><a href="about:invalid">x</a></p>'),
        ("{{</* figure src=a */>}}", "<p>{{&lt; figure src=a &gt;}}</p>"),
        ("{{< highlight go >}}\na := {{ b }}\n{{< /highlight >}}", '<pre><code class="language-go">a := {{ b }}</code></pre>'),
    ],
)  # fmt: skip
def test_in_other_folders_code_and_templates_of_others_are_left_alone(body, content):
    feed = loose(body)

    assert text_of(feed) == content
    assert feed.entries[0].link is None
    assert feed.problems == ()


@pytest.mark.parametrize(
    ("body", "content", "problem"),
    [
        (
            "a {% youtube x1 %} b",
            "a {% youtube x1 %} b",
            "{% youtube %}: not known; its text is kept",
        ),
        ("a {% include x.html %} b", "a  b", "{% include x.html %}: no such file"),
        ("a {{< tweet 12 >}} b", "a  b", "shortcode tweet: Hugo's, and not run; left out"),
        (
            "{{% notice %}}a b{{% /notice %}}",
            "a b",
            "shortcode notice: Hugo's, and not run; left out",
        ),
    ],
)
def test_in_other_folders_too_what_cannot_be_run_is_told(body, content, problem):
    feed = loose(f"Line.\n\n{body}")

    assert text_of(feed) == f"<p>Line.</p>\n<p>{content}</p>"
    assert feed.problems == (f"2026-01-02-a.md:7: {problem}",)


def test_html_is_no_markdown_when_its_liquid_is_run():
    feed = loose("<p>\n    {{ page.title }} `{{ page.title }}`</p>", "2026-01-02-a.html")

    assert text_of(feed) == "<p>\n    T `T`</p>"


def test_a_post_may_say_so_in_other_folders_too():
    body = "---\nrender_with_liquid: false\n---\n{{ page.title }} {% raw %}"
    (entry,) = parse(body.encode(), path="a.md", options=PostOptions()).entries

    assert entry.content == "<p>{{ page.title }} {% raw %}</p>"
