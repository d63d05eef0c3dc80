"""Parts of an address that count clicks, carry a visit or choose a view: they name no page.

Names are written out: a looser pattern eats ``reference=``, ``gallery=`` or an ``at_id=`` that names the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode

_PLACES = "campaign|source|medium|content|term|keyword|kwd|cid|group|placement|creative"
_COUNTERS = re.compile(
    r"(?:utm|hsa|itm|cm_mmc|__hs|_branch|oft|vero|oly)_?\w*"
    rf"|(?:pk|mtm|piwik|matomo|ga|stm)_(?:{_PLACES})"
    r"|at_(?:medium|campaign|campaign_type|format|link_\w+|bbc_team|ptr_name|creation|variant|network|custom\d"
    r"|emailtype|recipient_\w+|general|channel|detail|term|platform|type)"
    r"|ns_(?:source|mchannel|campaign|linkname|fee)|trk_(?:contact|msg|module|sid|event)|mkt_tok"
    r"|wt_(?:z?mc\w*|cc\d|ref|tsrc)|wt\.\w+|wtmc|wt_?mcid"
    r"|fbclid|gclid|gclsrc|gbraid|wbraid|gad|gad_source|gad_campaignid|dclid|twclid|yclid|ymclid|ysclid|yadclid"
    r"|msclkid|ttclid|rdt_cid|sccid|sc_cid|li_fat_id|srsltid|epik|irclickid|irgwc|cjevent|clickid|rb_clickid|wickedid"
    r"|s_kwcid|ef_id|dm_i|mc_[ce]id|ml_subscriber(?:_hash)?|sms_source|_openstat|_hs(?:enc|mi)|_ga|_gl|_ke"
    r"|igshid|igsh|mibextid|fb_(?:action_ids|action_types|source|ref|comment_id)|action_(?:object|type|ref)_map"
    r"|cmp|cmpid|icid|ncid|spm|scm|xtor|ocid|s_cid|smid|smtyp|sr_share|xmt|si_source|trk|trkcampaign|trkinfo"
    r"|guccounter|guce_referrer(?:_sig)?|zanpid|partnerid|__twitter_impression|share_source|__tn__|__cft__(?:\[\d\])?"
    r"|amp_js_v|amp_gsa|usqp|outputtype_amp|feature_share|ref_src|ref_url|cx_partner|origin_referrer|wprov",
    re.IGNORECASE,
)
_SESSIONS = re.compile(
    r"phpsessid|jsessionid|sid_session|oscsid|zenid|xtcsid|modsid|cfid|cftoken|aspsessionid\w*|asp\.net_sessionid",
    re.IGNORECASE,
)
_PERHAPS_SESSIONS = re.compile(r"s|sid|session|sessionid|session_id|sessid|sess|phpsid|hash", re.IGNORECASE)
_TICKET = re.compile(r"(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{20,128}|[0-9a-f]{32}|[0-9a-f]{40}", re.IGNORECASE)
"""What a session's number looks like; a ``sid=123`` or an ``s=words`` names a page."""
_REFERRERS = re.compile(r"ref|referrer|referer", re.IGNORECASE)
_VIEWS = re.compile(
    r"page|pg|p|sort|order|dir|view|print|mode|lang|hl|theme|limit|start|offset|highlight", re.IGNORECASE
)
_OF_SITES = {
    "youtube.com": frozenset({"si", "feature", "pp", "ab_channel"}),
    "youtu.be": frozenset({"si", "feature"}),
    "twitter.com": frozenset({"s", "t"}),
    "x.com": frozenset({"s", "t"}),
    "tiktok.com": frozenset({"_r", "_t", "is_from_webapp", "sender_device"}),
    "reddit.com": frozenset({"share_id", "rdt"}),
    "amazon.com": frozenset({"psc", "pd_rd_r", "pd_rd_w", "pd_rd_wg", "pf_rd_p", "pf_rd_r"}),
}
_IN_PATH = re.compile(
    r";(?:jsessionid|phpsessid|sid|sessionid)=[^/?#;]{0,200}|/\((?:[A-Z]\([0-9a-zA-Z_-]{1,200}\)){1,9}\)"
)
_CHOOSES_AMP = frozenset({"", "1", "true", "amp", "yes"})


def without_sessions(path: str) -> str:
    """Return the path of an address without the number of a visit (``;jsessionid=``, ``/(S(...))``)."""
    return _IN_PATH.sub("", path) if ";" in path or "/(" in path else path


def cleaned(query: str, site: str) -> str:
    """Return the query of an address on ``site`` without what names no page, as it was where all of it does."""
    named = [part.partition("=") for part in query.split("&")]
    if not any(_is_noise(name, value, site) for name, _, value in named):
        return query
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, value) for name, value in pairs if not _is_noise(name, value, site)])


def naming(query: str) -> Iterator[tuple[str, str]]:
    """Yield the parameters that may name a page, without those that only choose a view of it (``page=2``)."""
    for name, value in parse_qsl(query, keep_blank_values=True):
        if not _VIEWS.fullmatch(name) or (name.lower() == "p" and len(value) > 2):
            yield name, value


def _is_noise(name: str, value: str, site: str) -> bool:
    lower = name.lower()
    if _COUNTERS.fullmatch(name) or _SESSIONS.fullmatch(name) or lower in _OF_SITES.get(site, ()):
        return True
    if _PERHAPS_SESSIONS.fullmatch(name):
        return bool(_TICKET.fullmatch(value))
    if lower == "amp" or lower == "outputtype":
        return value.lower() in _CHOOSES_AMP
    # A word tells where the reader came from; a number may name a product.
    return bool(_REFERRERS.fullmatch(name)) and not any(sign.isdigit() for sign in value)
