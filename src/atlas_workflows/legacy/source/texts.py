"""Names and descriptions that grew escapes at every save, and traces of what the old save path cut out of texts."""

import html
import re
from typing import Any

import re2

from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode

# "&amp;" followed by what was an entity before: only escaping twice or more makes that.
_REPEATED = re.compile(r"&amp;(?:amp;)*(?:amp|lt|gt|quot|apos|#0?39|#x27|#x2[fF]|#x60|#x3[dD]);")
_ONCE = re.compile(r"&(?:amp|lt|gt|quot|apos|#0?39|#x27|#x2[fF]);")
# "<p>Hi</p>" without its brackets: a tag's name glued to text, and "/name" later.
_STRIPPED_TAGS = re.compile(
    r"(?:^|[\s/])(p|h[1-6]|div|span|strong|em|b|i|u|ul|ol|li|a|table|tr|td|body|html)(?=[^a-z\s/<>])[^<>]{1,400}?/\1(?![a-z]{2})"
)
# "?condition_id=5" lost "ondition_id=": a parameter without "=" in an address whose letters run into digits.
_CUT_QUERY = re.compile(r"https?://[^\s\"'<>]*[?&]([a-z_]{1,12}\d+)(?=$|[&#\s\"'<>])", re.IGNORECASE)
# One linear scan (RE2) over the raw text says whether looking closer is worth it.
MAYBE_DAMAGED = rb"/(?:p|h[1-6]|div|span|strong|em|b|i|u|ul|ol|li|a|table|tr|td|body|html)(?:[^a-z]|$)|https?://[^\s\"'<>]*\?"
_MAY_BE_DAMAGED = re2.compile(MAYBE_DAMAGED)
_LIST_LIMIT, _OBJECT_LIMIT = 1000, 100


def clean_name(text: str, path: str, findings: Findings) -> str:
    """The text, unescaped where it was provably escaped more than once; one layer alone may be meant."""
    if "&" not in text or _ONCE.search(text) is None:
        return text
    if _REPEATED.search(text) is None:
        findings.reason(ReasonCode.HTML_ESCAPED, path, "The text holds an HTML entity; it was left as it is.")
        return text
    plain = text
    for _ in range(20):
        plainer = html.unescape(plain)
        if plainer == plain:
            break
        plain = plainer
    findings.reason(
        ReasonCode.NAME_UNESCAPED, path, "The text was escaped again at every save; it was unescaped."
    )
    return plain


def may_be_damaged(raw: bytes) -> bool:
    """Whether the raw column text is worth a walk with `report_damage`; one search instead of many."""
    return _MAY_BE_DAMAGED.search(raw) is not None


def report_damage(value: Any, path: str, findings: Findings) -> None:
    """Report texts that look cut, and collections of exactly the size the old save path cut at."""
    if type(value) is str:
        if _STRIPPED_TAGS.search(value) or _CUT_QUERY.search(value):
            findings.reason(
                ReasonCode.SANITISER_DAMAGE, path, "Something seems to have been cut out of this text."
            )
    elif type(value) is dict:
        if len(value) == _OBJECT_LIMIT:
            findings.reason(
                ReasonCode.POSSIBLY_TRUNCATED, path, f"The object has exactly {_OBJECT_LIMIT} entries."
            )
        for key, item in value.items():
            report_damage(item, f"{path}.{key}" if path else key, findings)
    elif type(value) is list:
        if len(value) == _LIST_LIMIT:
            findings.reason(
                ReasonCode.POSSIBLY_TRUNCATED, path, f"The list has exactly {_LIST_LIMIT} entries."
            )
        for at, item in enumerate(value):
            report_damage(item, f"{path}[{at}]", findings)
