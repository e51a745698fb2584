"""What is known of other people's addresses: tables, of which `link_sites` gathers a host's rows.

A new tracker, wrapper, shortener or site id is one more word or one more row here. A host
stands for its sub-domains too; `google.*` for every country's; `*` for any host.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.lower().split())


# ── parameters that say how a reader came, never what is read ────────────────
# Names are compared in lower case. A deny-list only: the unknown may be the article's id.

TRACKERS = _words("""
    fbclid fb_action_ids fb_action_types fb_source fb_ref fb_comment_id action_object_map
    action_type_map action_ref_map igshid igsh mibextid __tn__
    gclid gclsrc dclid gbraid wbraid gad_source gad_campaignid srsltid _ga _gl _gac ga_source
    ga_medium ga_campaign ga_term ga_content ga_place google_editors_picks usqp amp_js_v amp_gsa aoh
    msclkid ocid twclid ref_src ref_url __twitter_impression ttclid li_fat_id _lrsc epik rdt_cid
    sccid yclid ysclid yadclid yadordid ymclid _openstat guccounter guce_referrer
    guce_referrer_sig soc_src soc_trk wprov
    dicbo oborigurl outbrainclickid tblci taboolaclickid cto_pld _branch_match_id _branch_referrer
    irclickid irgwc cjevent cjdata ranmid raneaid ransiteid awc sscid admitad_uid zanpid tduid
    wickedid gdfms gdftrk gdffi roistat roistat_visit mindbox-click-id mindbox-message-key
    mc_cid mc_eid mc_tc mkt_tok _hsenc _hsmi __hssc __hstc __hsfp hsctatracking _ke _kx __s _cio_id
    _cldee vero_id vero_conv oly_anon_id oly_enc_id ml_subscriber ml_subscriber_hash
    ck_subscriber_id trk_contact trk_msg trk_module trk_sid trkcampaign _bta_tid _bta_c vgo_ee
    spmailingid spuserid spjobid spreportid sfmc_id sfmc_sub dm_i lctg nr_email_referer bxid cndid
    sms_click sms_source sms_uph ss_source ss_campaign_id ss_campaign_name ss_email_id
    s_cid s_kwcid ef_id adobe_mc adobe_mc_sdid adobe_mc_ref icid intcid int_cid ncid n_cid cmpid
    intcmp dcmp ex_cid ftag fsrc dgcid xtor xtref xtcr wt_mc wt_zmc mktcid mktcval gepc maca
    traffic_source wpsrc wpisrc wpmm __source iref eref spref echobox etear
    sc_campaign sc_channel sc_content sc_medium sc_outcome sc_geo sc_country sc_cid sc_lid sc_uid
    sc_llid sc_src sc_customer mkwid pcrid tpcc hootpostid
    pk_vid pk_campaign pk_kwd pk_keyword pk_source pk_medium pk_content pk_cid pk_cpn pk_placement
    at_medium at_campaign at_campaign_type at_creation at_format at_variant at_emailtype
    at_recipient_id at_recipient_list at_bbc_team at_ptr_name at_send_date at_channel at_platform
    ns_mchannel ns_source ns_campaign ns_linkname ns_fee cm_re cm_sp cm_lm cm_ven cm_cat cm_pla
    cm_ite __readwiselocation replytocom doing_wp_cron unapproved moderation-hash sr_share
    spm scm spm_id_from from_spmid from_source vd_source hmsr hmpl hmcu hmkw hmci bd_vid qhclickid
    tdsourcetag aduin adsession adtag adpubno pgv_ref _wv _wwv isappinstalled nsukey wxshare_count
    weixinadkey share_source share_medium share_plat share_from share_tag share_times
    share_session_id share_channel share_platform sharer_shareid sharer_sharetime
    sharer_shareinfo _trans_ gio_link_id
    gaa_at gaa_n gaa_ts gaa_sig _bhlid bhlid bbeml hss_channel omnisendcontactid msockid ig_rid
    ig_mid akamai-rum rb_clickid redirect_log_mongo_id redirect_mongo_id uclick uclickhash gps_adid
    adj_creative adj_campaign adj_adgroup vsmaid _trksid ascsubtag algo_pvid ut_sk share_crt_v
    ali_trackid sudaref unique_k tt_from mpshare tracklgfrom hmb_campaign hmb_source hmb_medium
    share_token shareuid share_uid int_source bsource _hsexp sb_referer_host ueid mtm_cid li_ed
    phpsessid jsessionid sessid cfid cftoken oscsid zenid
""")

TRACKER_PREFIXES = (
    "utm_", "utm-", "__utm", "mtm_", "matomo_", "piwik_", "hsa_", "bsft_", "elq", "wt.", "etcc_",
    "at_custom", "at_link", "stm_", "cm_mmc", "cx_", "itm_", "sara_", "aef_campaign", "lmd_",
    "dpg_", "__cft__", "__xts__", "_x_tr_", "aspsessionid", "sharer_", "depth_1-utm_",
    "amp;utm_", "amp%3butm_",
)  # fmt: skip

# Names that are a tracker on one site and an id on the next: dropped only when the value is a
# channel ("rss", "share_btn_tw"), never when it is a number or a word of its own.
AMBIGUOUS = _words("""
    ref source src from via mc cid s f share shared feed cmp medium campaign partner mod origin
    referrer referer referral refer fr sc sid xid iid ito ft utm
""")

# Of those, the ones whose value may also be the host that a reader came from (Ghost adds
# ?ref=the.newsletter to every link that leaves it).
NAMES_A_HOST = _words("ref via referrer referer referral")

CHANNELS = _words("""
    rss atom feed feeds rssfeed newsfeed feedburner feedly inoreader newsblur flipboard pocket
    twitter tw twt facebook fb linkedin reddit telegram tg whatsapp wa instagram ig pinterest pin
    tumblr mastodon bluesky bsky threads youtube hackernews hn lobsters producthunt weibo wechat
    weixin wx qq qzone timeline singlemessage groupmessage email mail newsletter nl push
    notification social socialmedia sns share shared sharing sharebtn btn button icon link copy
    copylink copyurl home homepage frontpage front index top nav sidebar footer related recommend
    recommended recirc app android ios iphone ipad mobile web desktop pc h5 amp google googlenews
    baidu bing search widget client
""")

# What a single site adds to its own addresses.
SITE_TRACKERS: dict[str, str] = {
    "36kr.com": "f navid",
    "163.com": "spss spssid spsw isfromotherweb clickfrom referfrom f from bdpc",
    "acs.org": "af ref",
    "aliexpress.com": "scm pvid algo_pvid algo_expid aff_platform aff_trace_key sk gps-id",
    "amazon.*": "tag linkcode camp creative creativeasin ascsubtag ref ref_ qid sr sprefix"
    " crid dib dib_tag smid _encoding ie dchild content-id pd_rd_i pd_rd_r pd_rd_w pd_rd_wg"
    " pf_rd_i pf_rd_m pf_rd_p pf_rd_r pf_rd_s pf_rd_t",
    "apple.news": "articlelist",
    "apple.com": "at ct mt ls uo ign-mpt itsct itscg",
    "arstechnica.com": "comments",
    "arxiv.org": "context",
    "baidu.com": "wfr for third c_source n_type p_from frommodule",
    "bilibili.com": "from seid timestamp unique_k bbid ts plat_id is_story_h5 buvid mid up_id"
    " msource bsource referfrom visit_id session_id broadcast_type is_room_feed rt share_type",
    "biorxiv.org": "rss",
    "blogspot.*": "m",
    "bloomberg.com": "sref srnd leadsource",
    "caixin.com": "originreferrer sfrom cxref cxw",
    "chinatimes.com": "chdtv ctrack",
    "cls.cn": "os sv app",
    "cnet.com": "subj part tag",
    "cnn.com": "hpt sr",
    "csdn.net": "ops_request_misc request_id biz_id",
    "dailymail.co.uk": "ito",
    "douban.com": "_i dt_dapp _dtcc",
    "ebay.*": "_trkparms _trksid mkcid mkevt mkrid hash campid toolid customid amdata",
    "elpais.com": "ssm prm event_log rel",
    "facebook.com": "refid fref hc_ref ref rdid paipv eav sfnsn notif_id notif_t acontext __xts__",
    "forbes.com": "sh ss",
    "ft.com": "desktop ftcamp segmentid sharetype accesstoken",
    "ftchinese.com": "full exclusive ccode",
    "google.*": "ved ei usg sa",
    "hbr.org": "ab",
    "huxiu.com": "f",
    "ifeng.com": "aman back webkit",
    "imdb.com": "ref_",
    "indiatimes.com": "from",
    "instagram.com": "hl img_index",
    "juejin.cn": "searchid share_token",
    "linkedin.com": "trk trackingid lipi licu refid midtoken midsig trkemail originalsubdomain rcm",
    "marketwatch.com": "mod link siteid reflink",
    "medium.com": "source sk gi",
    "medrxiv.org": "rss",
    "mp.weixin.qq.com": "scene subscene sessionid clicktime enterid ascene devicetype version"
    " nettype abtest_cookie exportkey pass_ticket wx_header chksm key uin from fontscale lang"
    " mpshare srcid poc_token forceh5 from_msgid isnew click_id tempkey",
    "msn.com": "cvid ei pc form",
    "nature.com": "error code proof",
    "newyorker.com": "mbid esrc source hasha hashb hashc hashd",
    "news.google.com": "oc hl gl ceid",
    "news.yahoo.co.jp": "source",
    "npr.org": "ft f sc",
    "nytimes.com": "smid smtyp smvar emc partner rss referringsource unlocked_article_code pgtype"
    " clicksource action module region contentcollection hp searchresultposition rref"
    " contentplacement gwh gwt instance_id user_id regi_id segment_id te nl campaign_id"
    " impression_id imp_id req_id surface fellback algo variant _r ribbon-ad-idx",
    "nzz.ch": "reduced kid ga",
    "people.com.cn": "form",
    "pnas.org": "af",
    "reddit.com": "rdt share_id context ref_source",
    "repubblica.it": "ref rss",
    "reuters.com": "feedtype feedname rpc taid",
    "sagepub.com": "af",
    "science.org": "af rss",
    "sina.cn": "vt cre mod loc r rfunc tj tr wm cref finpagefr from pos",
    "sina.com.cn": "vt cre mod loc r rfunc tj tr wm cref finpagefr from",
    "sohu.com": "scm strategyid pvid",
    "soundcloud.com": "si",
    "spotify.com": "si context nd",
    "steampowered.com": "snr curator_clanid",
    "substack.com": "r isfreemail publication_id post_id showwelcome showwelcomeonshare"
    " triedredirect triedsigningin initial_medium",
    "sueddeutsche.de": "reduced",
    "tandfonline.com": "af",
    "taobao.com": "scm pvid",
    "theguardian.com": "cmp",
    "thepaper.cn": "commtag",
    "threads.com": "xmt slof",
    "threads.net": "xmt slof",
    "tiktok.com": "_r _t is_copy_url is_from_webapp sender_device sender_web_id web_id lang",
    "tmall.com": "scm pvid",
    "toutiao.com": "tt_from tt_medium app timestamp use_new_style req_id group_id log_from"
    " is_hit_share_recommend wid",
    "twitter.com": "s t cxt cn refsrc",
    "udn.com": "from",
    "vanityfair.com": "mbid esrc source",
    "vimeo.com": "share fl fe",
    "wallstreetcn.com": "ivk",
    "washingtonpost.com": "hpid tid itid pwapi_token nid",
    "weibo.cn": "luicode lfid wm sourcetype featurecode from",
    "weibo.com": "from refer_flag wvr mod loc ref sudaref is_all is_search display retcode type",
    "wiley.com": "af",
    "wired.com": "mbid esrc source hasha hashb hashc hashd",
    "wsj.com": "mod st reflink mg tesla",
    "x.com": "s t cxt cn refsrc",
    "yahoo.com": "tsrc .tsrc yptr",
    "yna.co.kr": "input section site",
    "youtu.be": "si feature",
    "youtube.com": "feature app si pp ab_channel kw",
    "zhihu.com": "share_code hybrid_search_source hybrid_search_extra native scene",
}

# Pages whose address is these parameters and no others; only when all of them are there.
SITE_KEEPS: dict[str, str] = {
    "mp.weixin.qq.com": "__biz mid idx sn",
}

# ── addresses that carry another address ─────────────────────────────────────

# host, the path (a regex from its start to its end), the parameters that may hold the target
WRAPPED_IN_QUERY: tuple[tuple[str, str, str], ...] = (
    ("google.*", r"/url|/news/url", "url q"),
    ("google.*", r"/aclk|/pagead/aclk", "adurl"),
    ("googleadservices.com", r"/pagead/aclk", "adurl"),
    ("googleweblight.com", r"/i?", "lite_url u"),
    ("l.facebook.com", r"/l\.php|/", "u"),
    ("lm.facebook.com", r"/l\.php|/", "u"),
    ("facebook.com", r"/l\.php|/flx/warn/?", "u"),
    ("l.instagram.com", r"/", "u"),
    ("l.messenger.com", r"/l\.php|/", "u"),
    ("l.threads.net", r"/", "u"),
    ("l.threads.com", r"/", "u"),
    ("l.wl.co", r"/l", "u"),
    ("out.reddit.com", r"/.*", "url"),
    ("youtube.com", r"/redirect", "q"),
    ("duckduckgo.com", r"/l/?", "uddg"),
    ("t.umblr.com", r"/redirect", "z"),
    ("vk.com", r"/away(?:\.php)?", "to"),
    ("vk.ru", r"/away(?:\.php)?", "to"),
    ("ok.ru", r"/dk", "st.link"),
    ("linkedin.com", r"/redir/redirect|/safety/go|/redir/general-malware-page", "url"),
    ("medium.com", r"/r/?", "url"),
    ("medium.com", r"/m/global-identity(?:-2)?", "redirecturl"),
    ("pinterest.com", r"/offsite/?", "url"),
    ("steamcommunity.com", r"/linkfilter/?", "url u"),
    ("t.me", r"/iv", "url"),
    ("slack-redir.net", r"/link", "url"),
    ("go.bsky.app", r"/redirect", "u"),
    ("deref-mail.com", r"/mail/client/[^/]+/dereferrer/?", "redirecturl"),
    ("deref-gmx.com", r"/mail/client/[^/]+/dereferrer/?", "redirecturl"),
    ("deref-web.de", r"/mail/client/[^/]+/dereferrer/?", "redirecturl"),
    ("statics.teams.cdn.office.net", r"/evergreen-assets/safelinks/.*", "url"),
    ("clicktime.cloud.postoffice.net", r"/clicktime\.php", "u"),
    ("exit.sc", r"/", "url"),
    ("gate.sc", r"/", "url"),
    ("flipboard.com", r"/redirect", "url"),
    ("getpocket.com", r"/redirect|/save|/edit", "url"),
    ("inoreader.com", r"/.*", "url link"),
    ("bing.com", r"/news/apiclick\.aspx", "url"),
    ("yandex.*", r"/turbo", "text"),
    ("safelinks.protection.outlook.com", r"/.*", "url"),
    ("safelinks.protection.office365.us", r"/.*", "url"),
    ("clicktime.symantec.com", r"/.*", "u"),
    ("linkprotect.cudasvc.com", r"/url", "a"),
    ("go.skimresources.com", r"/", "url"),
    ("go.redirectingat.com", r"/", "url"),
    ("redirect.viglink.com", r"/", "u"),
    ("awin1.com", r"/cread\.php|/awclick\.php", "ued p"),
    ("click.linksynergy.com", r"/.*", "murl rd_parm1"),
    ("shareasale.com", r"/r\.cfm", "urllink"),
    ("anrdoezrs.net", r"/.*", "url"),
    ("dpbolvw.net", r"/.*", "url"),
    ("jdoqocy.com", r"/.*", "url"),
    ("kqzyfj.com", r"/.*", "url"),
    ("tkqlhce.com", r"/.*", "url"),
    ("clk.tradedoubler.com", r"/click", "url"),
    ("rover.ebay.com", r"/.*", "mpre"),
    ("shop-links.co", r"/.*", "url"),
    ("digidip.net", r"/visit", "url"),
    ("sjv.io", r"/.*", "u"),
    ("pxf.io", r"/.*", "u"),
    ("link.zhihu.com", r"/", "target"),
    ("link.csdn.net", r"/", "target"),
    ("link.juejin.cn", r"/", "target"),
    ("link.juejin.im", r"/", "target"),
    ("link.wtturl.cn", r"/", "target"),
    ("links.jianshu.com", r"/go", "to"),
    ("link.jianshu.com", r"/", "t"),
    ("jianshu.com", r"/go-wild", "url"),
    ("douban.com", r"/link2/?", "url"),
    ("c.pc.qq.com", r"/.*", "pfurl url"),
    ("mail.qq.com", r"/cgi-bin/readtemplate", "gourl"),
    ("weibo.cn", r"/sinaurl.*", "u url toasturl"),
    ("weibo.com", r"/sinaurl.*", "u url toasturl"),
    ("so.com", r"/link", "u"),
    ("tieba.baidu.com", r"/mo/q/checkurl", "url"),
    ("gitee.com", r"/link", "target"),
    ("oschina.net", r"/action/GoToLink", "url"),
    ("sspai.com", r"/link", "target"),
    ("infoq.cn", r"/link", "target"),
    ("cloud.tencent.com", r"/developer/tools/blog-entry", "target"),
    ("mp.weixinbridge.com", r"/mp/wapredirect", "url"),
    ("wx.mail.qq.com", r"/xmspamcheck/xmsafejump", "url"),
    ("docs.qq.com", r"/scenario/link\.html", "url"),
    ("txc.qq.com", r"/products/\d+/link-jump", "jump"),
    ("support.qq.com", r"/products/\d+/link-jump", "jump"),
    ("kdocs.cn", r"/office/link", "target"),
    ("chinaz.com", r"/go\.shtml", "url"),
    ("game.bilibili.com", r"/linkfilter/?", "url"),
    ("csdn.net", r"/linkout", "target"),
    ("afdian.net", r"/link", "target"),
    ("afdian.com", r"/link", "target"),
    ("leetcode.cn", r"/link/?", "target"),
    ("link.ld246.com", r"/forward", "goto"),
    # A page whose whole purpose, by its name, is to lead elsewhere.
    (
        "*",
        r"/(?:[\w-]+/)?(?:redirect|redir|out|away|jump|goto|outlink|linkout|leaving|external-link)"
        r"(?:\.php|\.aspx?|\.html?)?/?",
        "url u to target dest destination goto",
    ),
)

# host, the path and query: `url` is the target as it stands; `rest` (and `more`) the target
# without its scheme, which is https unless there is a group `tls` that matched nothing; any
# other name is an encoding that `link_targets` knows
_AMP_CACHE = r"/(?:[acv]|wp)/(?P<tls>s/)?(?P<rest>[^/]+\..+)"
_AFTER_SLASH = r"/(?P<url>https?:/.+)"
_AFTER_MARK = r"/?\?(?P<url>https?(?::/|%3A).+)"
_ARCHIVE_TODAY = r"/(?:newest|oldest|o/\w+|\d{4,14}|\d{4}\.\d\d\.\d\d-\d{6})/(?P<url>https?:/.+)"
WRAPPED_IN_PATH: tuple[tuple[str, str], ...] = (
    ("cdn.ampproject.org", _AMP_CACHE),
    ("bing-amp.com", _AMP_CACHE),
    ("google.*", r"/amp/(?P<tls>s/)?(?P<rest>[^/]+\..+)"),
    ("bing.com", r"/amp/(?P<tls>s/)?(?P<rest>[^/]+\..+)"),
    ("turbopages.org", r"/(?:turbo/)?(?P<rest>[^/]+\.[^/]+)/(?P<tls>s)(?P<more>/.*)"),
    ("web.archive.org", r"/web/[\d*]+(?:[a-z]{2}_)?/(?P<url>https?:/.+)"),
    ("web.archive.org", r"/web/[\d*]+(?:[a-z]{2}_)?/(?P<rest>[^/:]+\..+)"),
    ("archive.ph", _ARCHIVE_TODAY),
    ("archive.is", _ARCHIVE_TODAY),
    ("archive.today", _ARCHIVE_TODAY),
    ("archive.li", _ARCHIVE_TODAY),
    ("archive.md", _ARCHIVE_TODAY),
    ("archive.vn", _ARCHIVE_TODAY),
    ("archive.fo", _ARCHIVE_TODAY),
    ("12ft.io", _AFTER_SLASH),
    ("freedium.cfd", _AFTER_SLASH),
    ("txtify.it", _AFTER_SLASH),
    ("outline.com", _AFTER_SLASH),
    ("r.jina.ai", _AFTER_SLASH),
    ("via.hypothes.is", _AFTER_SLASH),
    ("href.li", _AFTER_MARK),
    ("anonym.to", _AFTER_MARK),
    ("nullrefer.com", _AFTER_MARK),
    ("pixiv.net", r"/jump\.php\?(?:url=)?(?P<url>https?(?::/|%3A).+)"),
    ("rd.yahoo.com", r"/.*?\*\*?(?P<url>https?(?::/|%3A).+)"),
    ("search.yahoo.com", r"/.*?/RU=(?P<url>https?%3[Aa][^/]+)/.*"),
    ("awstrack.me", r"/L0/(?P<url>https?:%2[Ff][^/]+)/.*"),
    ("redditmail.com", r"/CL0/(?P<url>https?:%2[Ff][^/]+)/.*"),
    ("secure-web.cisco.com", r"/[^/]+/(?P<url>https?%3[Aa][^/]+).*"),
    ("convertkit-mail.com", r"/.*/(?P<base64>aHR0c[\w-]+=*)"),
    ("convertkit-mail2.com", r"/.*/(?P<base64>aHR0c[\w-]+=*)"),
    ("convertkit-mail4.com", r"/.*/(?P<base64>aHR0c[\w-]+=*)"),
    ("substack.com", r"/redirect/2/(?P<json>[\w-]+).*"),
    ("prf.hn", r"/.*/destination:(?P<url>https?(?::/|%3A).+)"),
    ("go.theregister.com", r"/feed/(?P<rest>www\.theregister\.(?:com|co\.uk)/.*)"),
    ("news.google.com", r"/(?:rss/|__i/rss/rd/)?(?:articles|read)/(?P<gnews>CBM[\w-]+).*"),
    ("bing.com", r"/ck/a\?(?:.*&)?u=a1(?P<base64>[\w-]+).*"),
    ("urldefense.proofpoint.com", r"/v1/url\?(?:.*&)?u=(?P<url>[^&]+).*"),
    ("urldefense.proofpoint.com", r"/v2/url\?(?:.*&)?u=(?P<proofpoint>[^&]+).*"),
    ("urldefense.com", r"/v3/__(?P<url>https?:/[^*]+?)__;.*"),
    ("webcache.googleusercontent.com", r"/search\?q=cache:(?:[\w-]+:)?(?P<url>https?(?::/|%3A).+)"),
)

# ── addresses that hide another address: only a request would tell which ─────

OPAQUE_HOSTS = _words("""
    feedproxy.google.com feeds.feedburner.com feedsportal.com feedpress.me feedpress.it
    tracking.feedpress.com
    t.co bit.ly bitly.com j.mp goo.gl app.goo.gl tinyurl.com ow.ly buff.ly dlvr.it ift.tt trib.al
    lnkd.in is.gd v.gd fb.me wp.me amzn.to a.co lnk.to smarturl.it ffm.to apple.news flip.it
    pin.it tiny.cc t.ly rb.gy cutt.ly rebrand.ly shorturl.at snip.ly shar.es spr.ly hubs.ly
    hubs.la eepurl.com zpr.io u.to clck.ru surl.li
    nyti.ms wapo.st reut.rs bbc.in cnn.it econ.st on.ft.com on.wsj.com bloom.bg politi.co apne.ws
    gu.com ti.me huff.to tcrn.ch zd.net cnet.co mol.im cbsn.ws abcn.ws n.pr usat.ly lat.ms
    theatln.tc nyer.cm go.nature.com
    t.cn url.cn dwz.cn suo.im b23.tv m.tb.cn v.douyin.com xhslink.com 3.cn u.jd.com
    s.click.taobao.com 163.lu
    jump.bdimg.com link.segmentfault.com sourl.cn mrw.so 985.so
    youtube.app.goo.gl maps.app.goo.gl shorturl.com tny.im qr.ae po.st dld.bz cli.gs mcaf.ee
    klclick.com klclick1.com email.mg.substack.com sbstck.com
    ct.sendgrid.net list-manage.com mandrillapp.com moreover.com
""")

# host and path. FeedBurner also ran on its customers' hosts (rss.slashdot.org/~r/…/~3/…).
OPAQUE_PATHS: tuple[str, ...] = (
    r"[^/]+/~r/.+",
    r"[^/]+/~3/.+",
    r"news\.google\.com/(?:rss/|__i/rss/rd/)?(?:articles|read)/.+",
    r"(?:www\.)?(?:baidu|sogou)\.com/link",
    r"(?:\w+\.)?toutiao\.com/is/.+",
    r"(?:\w+\.)?reddit\.com/r/\w+/s/\w+",
    r"segmentfault\.com/link",
    r"c\.newsnow\.\w+(?:\.\w+)?/A/.+",
    r"[^/]+/(?:ls|wf|track)/click",
)

# ── pages that discuss another page ──────────────────────────────────────────

# host; the path and query of a discussion; what stands in its text before the link to the page,
# or as that link's words; hosts that are its own, where nobody but it has a page
DISCUSSIONS: tuple[tuple[str, str, str, str], ...] = (
    (
        "reddit.com",
        r"/(?:r|u|user)/[^/?]+/comments/\w+(?:/.*)?",
        r"<a\b([^>]*)>\s*\[link\]\s*</a>",
        "reddit.com redd.it redditmedia.com",
    ),
    (
        "news.ycombinator.com",
        r"/item\?id=\d+",
        r"Article URL:\s*<a\b([^>]*)>",
        "news.ycombinator.com",
    ),
    ("lobste.rs", r"/s/\w+(?:/.*)?", r"<a\b([^>]*)>\s*\[link\]\s*</a>", "lobste.rs"),
    ("tildes.net", r"/~[\w.]+/\w+(?:/.*)?", r"Link URL:\s*<a\b([^>]*)>", "tildes.net"),
)

# ── only for comparing ───────────────────────────────────────────────────────

DEVICE_LABELS = _words("www m mobile mobil wap 3g touch amp mip h5")

# Hosts whose sub-domains are other people: m.tumblr.com would be somebody's blog.
TENANT_HOSTS = _words("""
    blogspot.com wordpress.com github.io gitlab.io substack.com tumblr.com netlify.app vercel.app
    pages.dev herokuapp.com typepad.com livejournal.com hatenablog.com bearblog.dev ghost.io
    cnblogs.com neocities.org web.app firebaseapp.com
""")

HOST_ALIASES: dict[str, str] = {
    "bbc.co.uk": "bbc.com",
    "edition.cnn.com": "cnn.com",
    "lite.cnn.com": "cnn.com",
    "us.cnn.com": "cnn.com",
    "guardian.co.uk": "theguardian.com",
    "huffingtonpost.com": "huffpost.com",
    "npmjs.org": "npmjs.com",
    "i.reddit.com": "reddit.com",
    "new.reddit.com": "reddit.com",
    "np.reddit.com": "reddit.com",
    "old.reddit.com": "reddit.com",
    "sh.reddit.com": "reddit.com",
    "smile.amazon.com": "amazon.com",
    "telegram.me": "t.me",
    "theregister.co.uk": "theregister.com",
    "threads.net": "threads.com",
    "twitter.com": "x.com",
    "vkontakte.ru": "vk.com",
    "wapbaike.baidu.com": "baike.baidu.com",
    "xinhuanet.com": "news.cn",
    "zaobao.com.sg": "zaobao.com",
}

# host, host (without its device label), path and query; a pattern that begins with "/" is
# for any host of the row; the name, then what the groups hold, is the key. First match wins.
_X_STATUS = r"/(?:[^/]+/|i/web/)?status(?:es)?/(\d+)"
_RFE = r"([\w.]+)/(?:a|amp)/(?:[^/?]*/)?(\d{6,})\.html"
_XINHUA = r"/(?:[^?]*/)?(c_\d{9,10}\.htm|\d{8}/[0-9a-f]{32}/c\.html)(?!\w)"
_TOUTIAO = r"/(?:[ai]|article/|group/|item/|w/a?|video/)(\d{15,20})"
_MASTODON = r"([\w.-]+)"
_DISCOURSE = r"([\w.-]+)/t/(?:(?:[^/?]*-[^/?]*|topic)/)?(\d{2,})"
_PODCAST = r"/(?:\w\w/)?podcast/(?:[^/?]+/)?id(\d+)(?:\?(?:.*&)?i=(\d+))?"
_VOX = r"/(?:[\w-]+/)?\d{4}/\d\d?/\d\d?/(\d{7,8})/[^/?]*"
_STACK = r"([\w.]+)/(?:questions|q)/(\d+)(?:/[^/?]*(?:/(\d+))?)?"
SITE_IDS: tuple[tuple[str, str, str], ...] = (
    # The 18 digits of an article: date and running number. That NW plus the digits is the same
    # article is inferred from the equal form, so it is good for comparing and no more.
    ("*", r"/(?:.*/)?NewsShare\.html\?(?:.*&)?infoCode=NW(\d{18})(?!\d)", "eastmoney"),
    ("eastmoney.com", r"/(?:a|news|3g/news/article)/(?:\d+,)?(\d{18})\.html", "eastmoney"),
    # Reports (AP) and notices (AN), as pages and as the files behind them.
    ("eastmoney.com", r"/(?:.*[/=])?(A[NP]20\d{16})(?!\d)", "eastmoney-report"),
    ("dfcfw.com", r"/pdf/H\d_(A[NP]20\d{16})_\d+\.pdf", "eastmoney-report"),
    ("youtube.com", r"/watch/?\?(?:.*&)?v=([\w-]{11})(?![\w-])", "youtube"),
    ("youtube.com", r"/(?:embed|shorts|live|v)/([\w-]{11})(?![\w-])", "youtube"),
    ("youtube-nocookie.com", r"/embed/([\w-]{11})(?![\w-])", "youtube"),
    ("youtu.be", r"/([\w-]{11})(?![\w-])", "youtube"),
    ("vimeo.com", r"/(?:video/)?(\d+)(?![^/?])", "vimeo"),
    ("dailymotion.com", r"/(?:embed/)?video/(\w+)", "dailymotion"),
    ("dai.ly", r"/(\w+)", "dailymotion"),
    ("x.com", _X_STATUS, "x"),
    ("twitter.com", _X_STATUS, "x"),
    ("nitter.net", _X_STATUS, "x"),
    ("fxtwitter.com", _X_STATUS, "x"),
    ("vxtwitter.com", _X_STATUS, "x"),
    ("fixupx.com", _X_STATUS, "x"),
    ("xcancel.com", _X_STATUS, "x"),
    ("instagram.com", r"/(?:[\w.]+/)?(?:p|reel|tv)/([\w-]+)", "instagram"),
    ("tiktok.com", r"/(?:@[^/]+/(?:video|photo)|v)/(\d+)", "tiktok"),
    ("douyin.com", r"/(?:share/)?(?:video|note)/(\d{15,})", "douyin"),
    ("iesdouyin.com", r"/share/(?:video|note)/(\d{15,})", "douyin"),
    ("xiaohongshu.com", r"/(?:explore|discovery/item)/([0-9a-f]{24})(?!\w)", "xiaohongshu"),
    ("linkedin.com", r"/(?:posts/[^?]*-(?:activity|ugcPost|share)-)(\d{19})(?!\d)", "linkedin"),
    (
        "linkedin.com",
        r"/feed/update/urn(?::|%3A)li(?::|%3A)(?:activity|ugcPost|share)(?::|%3A)(\d{19})(?!\d)",
        "linkedin",
    ),
    ("*", _MASTODON + r"/(?:web/)?@[^/?]+/(\d{17,19})/?\Z", "mastodon"),
    ("*", _MASTODON + r"/users/[^/?]+/statuses/(\d{17,19})(?:/activity)?/?\Z", "mastodon"),
    ("reddit.com", r"/(?:(?:r|u|user)/[^/]+/)?comments/(\w+)(?:/[^/?]+/(\w+))?", "reddit"),
    ("reddit.com", r"/gallery/(\w+)", "reddit"),
    ("redd.it", r"redd\.it/(\w+)", "reddit"),
    ("news.ycombinator.com", r"/item\?(?:.*&)?id=(\d+)", "hn"),
    ("hn.algolia.com", r"/(?:story|items)/(\d+)", "hn"),
    ("lobste.rs", r"/s/(\w+)", "lobsters"),
    # Discourse: the first of its posts is the topic, the others are replies.
    ("*", _DISCOURSE + r"(?:/1)?/?(?:\?u=[^&]*)?\Z", "discourse"),
    ("*", _DISCOURSE + r"/(\d+)/?(?:\?u=[^&]*)?\Z", "discourse"),
    ("tildes.net", r"/(~[\w.]+)/(\w+)", "tildes"),
    ("t.me", r"/(?:s/)?(\w{4,})/(\d+)", "telegram"),
    ("telegram.me", r"/(?:s/)?(\w{4,})/(\d+)", "telegram"),
    ("stackoverflow.com", _STACK, "stack"),
    ("stackexchange.com", _STACK, "stack"),
    ("serverfault.com", _STACK, "stack"),
    ("superuser.com", _STACK, "stack"),
    ("askubuntu.com", _STACK, "stack"),
    ("mathoverflow.net", _STACK, "stack"),
    ("medium.com", r"/(?:[^?]*[/-])?([0-9a-f]{10,12})(?![^?])", "medium"),
    ("open.substack.com", r"/pub/([\w-]+)/p/([\w-]+)", "substack"),
    ("substack.com", r"([\w-]+)\.substack\.com/p/([\w-]+)", "substack"),
    ("arxiv.org", r"/(?:abs|pdf|html|format)/(\d{4}\.\d{4,5})(?!\d)", "arxiv"),
    ("arxiv.org", r"/(?:abs|pdf|format)/([a-z-]+)(?:\.[A-Z]{2})?/(\d{7})(?!\d)", "arxiv"),
    ("doi.org", r"/10\.48550/[aA][rR][xX][iI][vV]\.(\d{4}\.\d{4,5})(?!\d)", "arxiv"),
    ("ar5iv.org", r"/(?:abs|html)/(\d{4}\.\d{4,5})(?!\d)", "arxiv"),
    ("doi.org", r"/(10\.\d{4,9}(?:/|%2F)[^?]+)", "doi"),
    ("*", r"/doi/(?:[a-z]+/)?(10\.\d{4,9}/[^?]+)", "doi"),
    ("link.springer.com", r"/(?:article|chapter|book)/(10\.\d{4,9}/[^?/]+)", "doi"),
    ("nature.com", r"/articles/(s\d{5}-\d{3}-\d{5}-[\dx])(?:\.pdf)?(?![\w-])", "doi:10.1038/"),
    ("journals.plos.org", r"/\w+/article\?(?:.*&)?id=(10\.1371/[\w.]+)", "doi"),
    ("frontiersin.org", r"/(?:journals/[^?]+/)?articles/(10\.3389/[\w.]+)", "doi"),
    (
        "biorxiv.org",
        r"/content/(10\.(?:1101|64898)/[\d.]*\d)(?:v\d+)?(?:\.(?:full|abstract)[\w.-]*)?(?![^?])",
        "doi",
    ),
    (
        "medrxiv.org",
        r"/content/(10\.(?:1101|64898)/[\d.]*\d)(?:v\d+)?(?:\.(?:full|abstract)[\w.-]*)?(?![^?])",
        "doi",
    ),
    ("pubmed.ncbi.nlm.nih.gov", r"/(\d+)", "pubmed"),
    ("ncbi.nlm.nih.gov", r"/pubmed/(\d+)", "pubmed"),
    ("ncbi.nlm.nih.gov", r"/(?:pmc/)?articles/(PMC\d+)", "pmc"),
    (
        "amazon.*",
        r"([\w.]+)/(?:.*/)?(?:dp|gp/product|gp/aw/d|exec/obidos/ASIN|o/ASIN)/([A-Z0-9]{10})(?![A-Z0-9])",
        "amazon",
    ),
    ("news.google.com", r"/(?:rss/|__i/rss/rd/)?(?:articles|read)/([\w-]+)", "gnews"),
    ("podcasts.apple.com", _PODCAST, "apple-podcast"),
    ("itunes.apple.com", _PODCAST, "apple-podcast"),
    ("apps.apple.com", r"/(?:\w\w/)?app/(?:[^/?]+/)?id(\d+)", "apple-app"),
    (
        "open.spotify.com",
        r"/(?:intl-[\w-]+/)?(?:embed(?:-podcast)?/)?(album|artist|episode|playlist|show|track)/(\w{22})",
        "spotify",
    ),
    ("store.steampowered.com", r"/app/(\d+)(?:/[^/?]*)?/?(?![^?])", "steam-app"),
    ("store.steampowered.com", r"/news/app/\d+/view/(\d+)", "steam-news"),
    ("steamcommunity.com", r"/(?:games|ogg)/[^/?]+/announcements/detail/(\d+)", "steam-news"),
    (
        "github.com",
        r"/([^/?]+)/([^/?]+)/(?:issues|pull)/(\d+)(?:/(?:files|commits|checks))?/?(?![^?])",
        "github",
    ),
    ("wikipedia.org", r"([\w-]+)\.wikipedia\.org/wiki/([^?]+)\Z", "wikipedia"),
    ("wikipedia.org", r"([\w-]+)\.wikipedia\.org/w/index\.php\?title=([^&]+)\Z", "wikipedia"),
    # One text in the scripts and words of several regions.
    ("wikipedia.org", r"(zh)\.wikipedia\.org/zh(?:-\w+)?/([^?]+)\Z", "wikipedia"),
    ("msn.com", r"/(?:[^?]*/)?((?:ar|vi|ss)-[A-Za-z0-9]{6,})(?![\w-])", "msn"),
    ("yahoo.com", r"/(?:[^?]*/)?([^/?]+-\d{9})\.html", "yahoo"),
    ("apnews.com", r"/article/(?:[\w%-]+-)?([0-9a-f]{32})(?!\w)", "ap"),
    ("reuters.com", r"/article/(?:[^?]*[-/])?id([A-Z]{5}\w+)(?![\w-])", "reuters"),
    ("npr.org", r"/(?:[^?]*/)?\d{4}/\d\d/\d\d/(\d{6,10}|nx-s1-\w+)(?:/[^?]*)?(?![^?])", "npr"),
    ("npr.org", r"/(\d{9,10}|nx-s1-\w+)/?(?![^?])", "npr"),
    ("npr.org", r"/templates/story/story\.php\?(?:.*&)?storyId=(\d+)", "npr"),
    ("dailymail.co.uk", r"/(?:[^?]*/)?article-(\d+)(?![\w-])", "dailymail"),
    ("spiegel.de", r"/(?:[^?]*-)?a-([0-9a-f-]{36}|\d{6,8})(?:-amp)?(?:\.html)?(?![^?])", "spiegel"),
    ("dw.com", r"/(?:[^?]*/)?a-(\d{6,})(?![\w-])", "dw"),
    ("voachinese.com", _RFE, "voa"),
    ("voanews.com", _RFE, "voa"),
    ("rferl.org", _RFE, "rferl"),
    ("nicovideo.jp", r"/watch/((?:sm|so|nm)\d+)", "nicovideo"),
    ("nico.ms", r"/((?:sm|so|nm)\d+)", "nicovideo"),
    ("sciencedirect.com", r"/science/article/(?:abs/|am/)?pii/(\w+)", "pii"),
    ("papers.ssrn.com", r"/sol3/papers\.cfm\?(?:.*&)?abstract_id=(\d+)", "ssrn"),
    ("ssrn.com", r"/abstract=(\d+)", "ssrn"),
    ("openreview.net", r"/(?:forum|pdf)\?(?:.*&)?id=([\w-]+)", "openreview"),
    ("slashdot.org", r"/story/(\d\d/\d\d/\d\d/\d+)", "slashdot"),
    ("theverge.com", _VOX, "vox-media"),
    ("polygon.com", _VOX, "vox-media"),
    ("vox.com", _VOX, "vox-media"),
    ("indiatimes.com", r"([\w.]+)/(?:[^?]*/)?(?:amp_)?articleshow/(\d+)\.cms", "indiatimes"),
    ("toutiao.com", _TOUTIAO, "toutiao"),
    ("toutiaocdn.com", _TOUTIAO, "toutiao"),
    ("163.com", r"/(?:[^?]*/)?([A-Z0-9]{16})(?:_all)?\.html", "163"),
    ("sina.com.cn", r"/(?:[^?]*/)?(?:doc|detail)-(i[a-z]{4,9}\d{6,8})(?!\d)", "sina"),
    ("sina.cn", r"/(?:[^?]*/)?(?:doc|detail)-(i[a-z]{4,9}\d{6,8})(?!\d)", "sina"),
    ("sina.com.cn", r"/article_(\d+)_([0-9a-f]+)", "sina"),
    ("sina.cn", r"/article_(\d+)_([0-9a-f]+)", "sina"),
    ("sina.com.cn", r"/articles/view/(\d+)/([0-9a-f]+)", "sina"),
    ("sina.cn", r"/articles/view/(\d+)/([0-9a-f]+)", "sina"),
    ("qq.com", r"/(?:.*[/=])?(20\d{6}[A-Z]\w{5,7}|[A-Z]{3}20\d{14})(?!\w)", "qq"),
    ("baijiahao.baidu.com", r"/s\?(?:.*&)?id=(\d{15,})", "baijiahao"),
    ("people.com.cn", r"/(n[12])/(\d{4})/(\d{4})/c\d+-(\d{7,})\.html", "people"),
    ("xinhuanet.com", _XINHUA, "xinhua"),
    ("news.cn", _XINHUA, "xinhua"),
    ("sohu.com", r"/a/(\d{6,})(?:_\d+)?/?(?![^?])", "sohu"),
    ("guancha.cn", r"/(?:[^?]*/)?(20\d\d_\d\d_\d\d_\d+)(?:_s|_web)?\.shtml", "guancha"),
    ("xueqiu.com", r"/(?:\d+|S/\w+)/(\d{6,})/?(?![^?])", "xueqiu"),
    ("jin10.com", r"/flash_detail/(\d{17,})\.html", "jin10-flash"),
    ("flash.jin10.com", r"/detail/(\d{17,})", "jin10-flash"),
    ("xnews.jin10.com", r"/details/(\d+)", "jin10"),
    ("xnews.jin10.com", r"/webapp/details\.html\?(?:.*&)?id=(\d+)", "jin10"),
    ("ithome.com", r"/0/(\d{3})/(\d{3})\.htm(?!l)", "ithome"),
    ("ithome.com", r"/html/(?:\w+/)?(\d{3})(\d{3})\.htm(?!l)", "ithome"),
    ("hk01.com", r"/(?:article|[^/?]*%[^/?]*)/(\d{5,9})(?:/[^/?]*)?(?![^?])", "hk01"),
    ("udn.com", r"/news/story/\d+/(\d+)", "udn"),
    ("cna.com.tw", r"/news/\w+/(\d{12})\.aspx", "cna"),
    ("cls.cn", r"/(?:detail|share/article)/(\d+)", "cls"),
    ("ifeng.com", r"/c/(?:s/)?(\w{10,})", "ifeng"),
    ("weibo.com", r"/(?:\d+|detail|status)/(\d{16}|[0-9A-Za-z]{9})(?!\w)", "weibo"),
    ("weibo.cn", r"/(?:\d+|detail|status)/(\d{16}|[0-9A-Za-z]{9})(?!\w)", "weibo"),
    ("weibo.com", r"/ttarticle/(?:p|x/m)/show\?(?:.*&)?id=(\d+)", "weibo-article"),
    ("weibo.com", r"/article/m/show/id/(\d+)", "weibo-article"),
    ("bilibili.com", r"/(?:s/)?video/(BV\w{10})/?(?:\?(?:.*&)?p=([2-9]|\d\d+)(?!\d))?", "bilibili"),
    ("b23.tv", r"/(BV\w{10})(?!\w)", "bilibili"),
    ("bilibili.com", r"/(?:s/)?video/(av\d+)/?(?:\?(?:.*&)?p=([2-9]|\d\d+)(?!\d))?", "bilibili"),
    ("b23.tv", r"/(av\d+)(?!\w)", "bilibili"),
    ("bilibili.com", r"/read/(?:cv|mobile/|mobile\?(?:.*&)?id=)(\d+)", "bilibili-read"),
    ("bilibili.com", r"t\.bilibili\.com/(\d{15,})", "bilibili-post"),
    ("bilibili.com", r"/opus/(\d{15,})", "bilibili-post"),
    ("zhihu.com", r"/(?:question/\d+/)?answer/(\d+)", "zhihu-answer"),
    ("zhihu.com", r"/question/(\d+)/?(?![^?])", "zhihu-question"),
    ("zhihu.com", r"/p/(\d+)", "zhihu-p"),
    ("csdn.net", r"/(?:[^/]+/)?article/details/(\d+)", "csdn"),
    ("thepaper.cn", r"/(?:newsDetail_forward|baijiahao)_(\d+)", "thepaper"),
    ("thepaper.cn", r"/(?:kuaibao_detail\.jsp|detail)\?(?:.*&)?contid=(\d+)", "thepaper"),
    ("caixin.com", r"/(?:m/)?\d{4}-\d\d-\d\d/(\d{9})\.html", "caixin"),
    ("news.naver.com", r"/(?:mnews/)?article/(\d{3})/(\d{10})", "naver"),
    ("news.naver.com", r"/[^?]*\?(?=(?:.*&)?oid=(\d{3})(?!\d))(?=(?:.*&)?aid=(\d{10}))", "naver"),
    ("daum.net", r"/v/(\d{17})", "daum"),
)

# Publishers that put the word before the path instead of after it.
AMP_PREFIXES: tuple[tuple[str, str, str], ...] = (
    ("*", r"^/amp/(?=\d{4}/\d)", "/"),
    ("*", r"^/platform/amp/", "/"),
    ("*", r"^/amphtml/(?=.)", "/"),
    ("aljazeera.com", r"^/amp/", "/"),
    ("bloomberg.com", r"^/amp/", "/"),
    ("cbsnews.com", r"^/amp/", "/"),
    ("hindustantimes.com", r"-amp(?=\.html\Z)", ""),
    ("amp.cnn.com", r"^/cnn/", "/"),
    ("wsj.com", r"^/amp/", "/"),
    ("bbc.com", r"^/(news|sport)/amp/", r"/\1/"),
    ("bbc.co.uk", r"^/(news|sport)/amp/", r"/\1/"),
    ("nbcnews.com", r"/amp/(?=[a-z]+\d)", "/"),
)

# Places that every page has, and marks of the way to it.
IDLE_ANCHORS = _words("""
    0 _ addcomment article back body comment comment-form commentform comments comments-area content
    discussion disqus-thread disqus_thread entry fb-comments footer header home leave-a-comment link
    m main main-content menu more nav new none page post post-comments primary rd readme read-more
    ref replies reply respond rss share site-content start top wechat_redirect wrapper
""")

# A last word "amp" under these is a subject, not a rendering; so is a repository of that name.
AMP_IS_A_WORD = _words("""
    tag tags category categories topic topics wiki search package packages project projects
    label labels author t r c
""")
AMP_IS_A_NAME = _words("""
    github.com gitlab.com bitbucket.org codeberg.org npmjs.com pypi.org crates.io hub.docker.com
    sr.ht sourceforge.net rubygems.org packagist.org
""")
