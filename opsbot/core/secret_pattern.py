"""What secrets look like: one pattern per kind, each linear on any input.

How they stay linear: a pattern starts at a literal or at the start of a run of characters (never
inside one), and what may be long is taken possessively (`++`) or has one way only to match, so
nothing is scanned twice. Groups are never possessive: Python before 3.11.5, which Debian 12 has,
matches those wrongly (python/cpython#106052).
The group `keep` is what remains in front of the removed part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPattern:
    """A kind of secret: its name in receipts, and lower-case hints without which the expression
    need not be tried."""

    name: str
    regex: re.Pattern[str]
    hints: tuple[str, ...]


def _pattern(name: str, hints: str, *parts: str) -> SecretPattern:
    expression = "".join(parts)
    if "(?P<keep>" not in expression:
        expression = f"(?P<keep>){expression}"
    return SecretPattern(
        name=name, regex=re.compile(expression, re.ASCII), hints=tuple(hints.split("|"))
    )


# Values that stand where a secret would, and are none.
_PLACEHOLDER = (
    r"(?!(?i:null|none|nil|true|false|undefined|redacted|removed|masked|hidden|empty|missing|"
    r"invalid|expired|required|x+|\*+|-+|\.+)(?![^\s\"'\\&,;<>(){}|\]]))"
)
_OPEN = r"(?:\\{0,3}[\"'])?"  # a quote, perhaps escaped because JSON stands inside JSON
_IS = r"\s{0,3}(?::=|=>|=|:)\s{0,3}"
_BARE = r"[^\s\"'\\&,;<>(){}\[\]|=$%*][^\s\"'\\&,;<>(){}|]"
_QUOTED = (
    r"\\{0,3}(?P<quote>[\"']))(?!\[removed: )"
    + _PLACEHOLDER
    + r"(?=[^\r\n]{3})(?![$%{<])"
    + r"(?:(?<=\")[^\"\r\n]*[^\"\\\r\n]|(?<=')[^'\r\n]*[^'\\\r\n])"
)
_NAMES = (
    r"passwo?r?d|passphrase|api[_-]?key|access[_-]?key|secret[_-]?key|private[_-]?key|"
    r"auth[_-]?key|(?:client|app|webhook|signing|shared|consumer)[_-]?secret|token|credentials?"
)
SECRET_NAME = re.compile(rf"(?i)(?:{_NAMES}|secret)$", re.ASCII)
_NAME_HINTS = (
    "passw|passphrase|_key|-key|apikey|accesskey|secretkey|privatekey|authkey|"
    "secret|token|credential"
)

_PRIVATE_KEY = _pattern(
    "private key",
    "private key",
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----",
    r"(?:\s|\\[nr])*(?=[A-Za-z0-9+/]{16}|[A-Z][A-Za-z-]{2,20}:)",
    r"[^-]*(?:-(?!----)[^-]*)*",
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?",
)
_RUN = r"(?<![A-Za-z0-9_-])"

# Where a vendor documents the shape, its page is named; the others are taken from tokens in use.
_TOKENS = (
    # Slack, "Token types" and "Sending messages using incoming webhooks".
    _pattern(
        "slack token",
        "xox|xapp-|xwfp-",
        r"(?<![A-Za-z0-9])(?:(?:xox[a-z](?:\.xox[a-z])?|xwfp)-(?=[A-Za-z-]{0,30}[0-9])[A-Za-z0-9-]{10,}+"
        r"|xapp-[0-9]-[A-Z0-9]{6,}+-[0-9]{6,}+-[A-Za-z0-9]{16,}+)",
    ),
    _pattern(
        "slack webhook url",
        "hooks.slack.com/",
        r"(?P<keep>hooks\.slack\.com/(?:services|workflows|triggers|commands|actions)/)",
        r"[A-Za-z0-9/_+-]{8,}+",
    ),
    # PagerDuty: scoped OAuth tokens (pdus+, pdeu+), user tokens (u+ and 18 characters),
    # integration keys where a URL or a field names them; 32 hex digits alone may be a trace id.
    _pattern(
        "pagerduty key",
        "pdus+|pdeu+|u+",
        r"(?<![A-Za-z0-9_+/-])(?:pd(?:us|eu)\+[A-Za-z0-9_+-]{12,}+"
        r"|u\+(?=[A-Za-z_-]{0,17}[0-9])[A-Za-z0-9_-]{18}(?![A-Za-z0-9_-]))",
    ),
    _pattern(
        "pagerduty key",
        "pagerduty.com/|routing|service|integration",
        r"(?P<keep>pagerduty\.com/integration/",
        r"|(?i:routing|service|integration)[_-]?(?i:key)" + _OPEN + _IS + _OPEN + ")",
        r"[0-9A-Za-z]{32}(?![0-9A-Za-z])",
    ),
    # AWS, "IAM identifiers": unique id prefixes of access keys.
    _pattern(
        "aws access key",
        "akia|asia|abia|acca",
        r"(?<![A-Za-z0-9])(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}(?![A-Za-z0-9])",
    ),
    # GitHub, "About authentication to GitHub", token formats.
    _pattern(
        "github token",
        "ghp_|gho_|ghu_|ghs_|ghr_|github_pat_",
        r"(?<![A-Za-z0-9])(?:gh[pousr]_[A-Za-z0-9_.-]{30,}+|github_pat_[A-Za-z0-9_]{22,}+)",
    ),
    _pattern("google api key", "aiza", _RUN, r"AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])"),
    _pattern(
        "api token",  # GitLab, Grafana, Stripe, npm, Vault, Anthropic
        "glpat-|glsa_|glc_|sk_live_|rk_live_|npm_|hvs.|sk-ant-",
        _RUN,
        r"(?:glpat-|glsa_|glc_|[sr]k_live_|npm_|hvs\.|sk-ant-)[A-Za-z0-9_=-]{20,}+",
    ),
    # RFC 7519: three base64url parts; a JSON object's first two bytes make `eyJ`.
    _pattern(
        "jwt",
        "eyj",
        _RUN,
        r"eyJ[A-Za-z0-9_-]{8,}+\.eyJ[A-Za-z0-9_-]{8,}+\.[A-Za-z0-9_-]*+",
    ),
)

_AUTHORIZATION = _pattern(
    "authorization header",
    "authorization|bearer",
    r"(?P<keep>(?i:authorization)" + _OPEN + _IS + _OPEN,
    r"|\b(?i:bearer) {1,3}(?=[A-Za-z._~+/-]{0,80}[0-9])(?=[A-Za-z0-9._~+/-]{20}))(?!\[removed: )",
    # These schemes carry several parameters, up to the end of the header.
    r"(?:(?i:digest|aws4-hmac-sha256|signature|oauth|hawk)\s[^\r\n]{6,}+",
    r"|(?i:basic|bearer|token|apikey|api-key|bot|splunk|genie ?key|ssws|key)\s{1,4}(?!\[removed: )",
    r"(?:token=)?[\"']?[^\s\"',;\\\[]{6,}+",
    r"|(?=[A-Za-z._~+/=-]{0,80}[0-9])[A-Za-z0-9._~+/=-]{16,}+)",
)
# RFC 3986 section 3.2.1: user information in front of a host.
_URL_PASSWORD = _pattern(
    "password in url",
    "://",
    r"(?P<keep>://[^\s/:@\"'<>]{0,100}:)(?!\[removed: )[^\s/\"'<>]{1,200}(?=@)",
)
_ASSIGNED = (
    _pattern(
        "secret value", _NAME_HINTS,
        r"(?P<keep>(?i:" + _NAMES + r"|secret|pwd)" + _OPEN + _IS + _QUOTED,
    ),
    _pattern(
        "secret value", _NAME_HINTS + "|pwd|x-amz-",
        r"(?P<keep>(?i:" + _NAMES + r"|secret|pwd(?!=[/~.])|x-amz-signature|x-amz-credential)=)",
        _PLACEHOLDER + _BARE + "{3,}+",
    ),
    _pattern(
        "secret value", _NAME_HINTS,
        r"(?P<keep>(?i:" + _NAMES + r")" + _OPEN + _IS + r")(?=[^\s\"',;]{0,60}?[0-9])",
        _PLACEHOLDER + _BARE + "{5,}+",
    ),
)  # fmt: skip

PATTERNS = (_PRIVATE_KEY, *_TOKENS, _AUTHORIZATION, _URL_PASSWORD, *_ASSIGNED)
