"""The public forms of vendors' tokens, for RE2 and over bytes; a test holds them against those that detect-secrets knows.

A form begins where its vendor's prefix does, also behind an underscore or glued to a name. Prefixes so short that they
occur in base64 (pictures in e-mails) must stand at the beginning of a word.
"""

# What may stand before a form whose prefix is short: nothing that base64 consists of.
APART = rb"(?:^|[^A-Za-z0-9+/=_-])"
BEGIN = rb"(?:\b|_)"

FORMS: dict[str, tuple[bytes, ...]] = {
    # Payment
    "Stripe": (rb"(?:\b|_)(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{6,}", rb"whsec_[A-Za-z0-9+/=_-]{6,}"),
    "Square": (rb"sq0[a-z]{3}-[0-9A-Za-z\\_-]{20,}", APART + rb"EAAA[A-Za-z0-9_-]{56,}"),
    "Braintree": (rb"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}",),
    "Razorpay": (rb"rzp_(?:live|test)_[A-Za-z0-9]{10,}",),
    "Mollie, GoCardless, Lob": (rb"(?:\b|_)(?:live|test)_[A-Za-z0-9_-]{30,}",),
    "Flutterwave": (rb"FLW(?:PUB|SEC)K(?:_TEST)?-[A-Za-z0-9-]{10,}",),
    "Mercado Pago": (rb"(?:APP_USR|TEST)-[0-9]{8,}-[A-Za-z0-9-]{20,}",),
    "Plaid": (rb"access-(?:sandbox|development|production)-[0-9a-f-]{36}",),
    "Shopify": (rb"shp[a-z]{2}_[A-Za-z0-9]{20,}",),
    "EasyPost, Shippo": (rb"EZ[AT]K[A-Za-z0-9]{54}", rb"shippo_(?:live|test)_[a-f0-9]{40}"),
    # Messages
    "Twilio": (rb"(?:\b|_)(?:AC|SK)[0-9a-z]{32}\b",),
    "SendGrid": (rb"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",),
    "Mailgun": (rb"(?:\b|_)(?:pub)?key-[0-9a-zA-Z]{32}",),
    "Mandrill": (rb"(?:\b|_)md-[A-Za-z0-9_-]{22}\b",),
    "Resend": (rb"(?:\b|_)re_[A-Za-z0-9]{8,}_?[A-Za-z0-9]{8,}",),
    "Brevo": (rb"x(?:key|smtp)sib-[A-Za-z0-9-]{20,}",),
    "MailerSend": (rb"mlsn\.[a-f0-9]{40,}",),
    "Klaviyo, ClickUp": (rb"(?:\b|_)pk_[a-f0-9]{34}\b", rb"(?:\b|_)pk_[0-9]+_[A-Z0-9]{32}\b"),
    "Slack": (
        rb"(?i:xox[a-z]-[A-Za-z0-9-]{8,})", rb"xoxe\.xox[a-z]-[A-Za-z0-9-]{8,}", rb"xapp-[0-9]-[A-Za-z0-9-]{8,}",
        rb"(?i:hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{10,})",
    ),
    "Discord": (rb"discord(?:app)?\.com/api/(?:v[0-9]+/)?webhooks/[0-9]+/[A-Za-z0-9_-]{20,}",),
    "Teams": (rb"webhook\.office\.com/webhookb2/[A-Za-z0-9@/-]{20,}",),
    "Telegram": (rb"[0-9]{8,10}:[0-9A-Za-z_-]{35}",),
    "Meta": (APART + rb"EAA[A-Za-z0-9]{30,}", APART + rb"IG[A-Z]{2}[A-Za-z0-9_-]{60,}"),
    "X": (APART + rb"A{20,}[A-Za-z0-9%]{30,}",),
    # Clouds
    "AWS": (
        rb"(?:\b|_)(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA|AGPA|AROA|AIDA|ANPA)[0-9A-Z]{16}", rb"amzn\.mws\.[0-9a-f-]{36}",
        rb"(?i:aws.{0,20}?(?:key|pwd|pw|password|pass|token).{0,20}?['\"][0-9a-z/+]{40}['\"])",
        APART + rb"ABSK[A-Za-z0-9+/=]{60,}",
    ),
    "Google": (
        rb"AIza[0-9A-Za-z_-]{30,}", rb"ya29\.[0-9A-Za-z_-]{20,}", rb"GOCSPX-[A-Za-z0-9_-]{20,}",
        APART + rb"1//0[A-Za-z0-9_-]{20,}", APART + rb"AAAA[A-Za-z0-9_-]{7}:[A-Za-z0-9_-]{100,}",
    ),
    "Azure": (
        rb"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/=]{20,}", rb"[A-Za-z0-9_~.-]{3}[0-9]Q~[A-Za-z0-9_~.-]{31,}",
    ),
    "Alibaba": (APART + rb"LTAI[A-Za-z0-9]{12,}",),
    "DigitalOcean": (rb"do[opr]_v1_[a-f0-9]{40,}",),
    "Heroku": (rb"HRKU-[A-Za-z0-9_-]{20,}",),
    "Netlify, Vercel, Render": (rb"nf[pocub]_[A-Za-z0-9]{36,}", rb"(?:\b|_)vc[piark]_[A-Za-z0-9]{24,}", rb"(?:\b|_)rnd_[A-Za-z0-9]{28,}"),
    "Fly": (rb"(?:fo1|fm[12][ar]?)_[A-Za-z0-9+/=_-]{40,}",),
    "Supabase, Neon": (rb"sbp_[A-Za-z0-9]{36,}", rb"sb_secret_[A-Za-z0-9_-]{20,}", rb"napi_[a-z0-9]{40,}"),
    "PlanetScale": (rb"pscale_[a-z]+_[A-Za-z0-9=._-]{30,}",),
    "Databricks": (rb"dapi[0-9a-f]{32}",),
    "Vault": (rb"hv[sbr]\.[A-Za-z0-9_-]{20,}",),
    "Doppler, Pulumi": (rb"dp\.[a-z]+\.[A-Za-z0-9]{40,}", rb"pul-[a-f0-9]{40}"),
    "Tailscale": (rb"tskey-[a-z]+-[A-Za-z0-9-]{20,}",),
    "Cloudflare": (rb"v1\.0-[a-f0-9]{24}-[a-f0-9]{100,}",),
    "SoftLayer, Cloudant": (
        rb"(?i:api\.softlayer\.com/soap/v3(?:\.1)?/[a-z0-9]{64})",
        (rb"(?i:(?:cloudant|clou|cl|softlayer|sl|ibm|iam|cos|cloud)[_-]?(?:api|hmac)?[_-]?(?:key|pwd|pw|password|pass|token)[\"'\]]*"
        rb" *(?:=>?|::?=?| ) *[\"']?(?:[0-9a-z_-]{44,64}|[a-z]{24}))"),
    ),
    # Code and operation
    "GitHub": (rb"gh[pousr]_[A-Za-z0-9]{20,}", rb"github_pat_[A-Za-z0-9_]{20,}"),
    "GitLab": (
        rb"gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas|ffct|wt|rtr)-[A-Za-z0-9_-]{20,}", rb"GR1348941[A-Za-z0-9_-]{20,}",
    ),
    "npm": (rb"npm_[A-Za-z0-9]{30,}", rb"_authToken=[^\s\"'{}]{8,}"),
    "PyPI": (rb"pypi-AgE[A-Za-z0-9_-]{16,}",),
    "RubyGems, NuGet, crates.io": (rb"rubygems_[a-f0-9]{40,}", APART + rb"oy2[a-z0-9]{43}\b", APART + rb"cio[A-Za-z0-9]{32}\b"),
    "Docker": (rb"dckr_[a-z]+_[A-Za-z0-9_-]{20,}",),
    "Artifactory": (APART + rb"AKC[a-zA-Z0-9]{10,}", APART + rb"AP[0-9A-F][a-zA-Z0-9]{60,}", rb"cmVmdGtu[A-Za-z0-9]{50,}"),
    "Atlassian": (rb"AT[AC]TT3[A-Za-z0-9_=-]{20,}", APART + rb"ATBB[A-Za-z0-9]{20,}"),
    "Sentry": (rb"sntry[su]_[A-Za-z0-9+/=_]{40,}",),
    "Grafana": (rb"glc_[A-Za-z0-9+/=]{32,}", rb"glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}"),
    "New Relic": (rb"NR(?:AK|AA|JS|II|IQ|RA)-[A-Za-z0-9_-]{16,}",),
    "Dynatrace": (rb"dt0[a-z][0-9]{2}\.[A-Z0-9]{24}\.[A-Z0-9]{64}",),
    "Postman": (rb"PMAK-[a-f0-9]{24}-[a-f0-9]{34}",),
    "SonarQube, Buildkite, CircleCI": (rb"(?:\b|_)sq[upa]_[a-f0-9]{40}", rb"bk[a-z]{2}_[a-f0-9]{40}", rb"CCI(?:PAT|PRJ)_[A-Za-z0-9_]{20,}"),
    "LaunchDarkly": (rb"(?:\b|_)(?:sdk|api)-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",),
    # Offices and models
    "OpenAI, Anthropic": (rb"(?:\b|_)sk-[A-Za-z0-9_-]{20,}",),
    "Hugging Face, Replicate, Groq": (rb"(?:\b|_)hf_[A-Za-z0-9]{30,}", rb"(?:\b|_)r8_[A-Za-z0-9]{30,}", rb"gsk_[A-Za-z0-9]{40,}"),
    "Perplexity, xAI": (rb"pplx-[A-Za-z0-9]{40,}", rb"xai-[A-Za-z0-9]{60,}"),
    "HubSpot": (rb"(?:\b|_)pat-[a-z]{2}[0-9]-[0-9a-f-]{36}",),
    "Airtable": (rb"(?:\b|_)pat[A-Za-z0-9]{14}\.[a-f0-9]{60,}",),
    "Notion": (rb"(?:\b|_)secret_[A-Za-z0-9]{40,}", rb"ntn_[A-Za-z0-9]{40,}"),
    "Linear": (rb"lin_(?:api|oauth)_[A-Za-z0-9]{30,}",),
    "Asana, Zoho": (rb"\b[0-9]/[0-9]{16}:[a-f0-9]{32}", rb"\b1000\.[a-f0-9]{32}\.[a-f0-9]{32}"),
    "Typeform, Figma, Contentful": (rb"tfp_[A-Za-z0-9._=-]{30,}", rb"figd_[A-Za-z0-9_-]{30,}", rb"CFPAT-[A-Za-z0-9_-]{40,}"),
    "Dropbox": (APART + rb"sl\.[A-Za-z0-9_-]{60,}",),
    "Salesforce": (rb"00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]{40,}",),
    "Mapbox": (rb"(?:\b|_)[ps]k\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",),
    "PostHog": (rb"ph[cx]_[A-Za-z0-9]{40,}",),
    "age": (rb"AGE-SECRET-KEY-1[0-9A-Z]{50,}",),
    # No vendor's own
    "JWT": (rb"eyJ[A-Za-z0-9_=-]{8,}\.[A-Za-z0-9_=-]{6,}(?:\.[A-Za-z0-9_.+/=-]{6,})?",),
    "private key": (
        rb"(?:-----|---- )?BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?(?:-----)?(?:[\s\S]*?END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?(?:-----)?|[\s\S]*)",
        rb"PuTTY-User-Key-File-[0-9][\s\S]*",
    ),
    "scheme of a header": (
        rb"(?i:\bbearer\s+[A-Za-z0-9._~+/=-]{8,})",
        rb"(?i:\bbasic\s+)(?:[A-Za-z0-9+/]{8,}=|[A-Za-z+/]*[0-9+/][A-Za-z0-9+/]{6,})",
        rb"(?i:\b(?:digest|token|apikey|api-key)\s+[A-Za-z0-9._~+/=-]*[0-9][A-Za-z0-9._~+/=-]{15,})",
    ),
    "user and password in an address": (rb"://[^/\s:@\"'{}]*:[^/\s@\"'{}]+@",),
}  # fmt: skip

# Forms whose mark stands inside or at the end: tried only where the mark is, and each alone, because together they make
# an automaton that outgrows its memory on ordinary JSON. The last of the three says what raw text is scanned for.
MARKED: dict[str, tuple[tuple[bytes, ...], bytes, bytes]] = {
    "Mailgun": ((b"-",), rb"[0-9a-f]{32}-[0-9a-f]{8}-[0-9a-f]{8}", rb"[0-9a-f]{9}-[0-9a-f]{8}-[0-9a-f]"),
    "Mailchimp": ((b"-us",), rb"[0-9a-z]{32}-us[0-9]{1,2}", rb"[0-9a-z]-us[0-9]"),
    "Discord": (
        (b".",), APART + rb"[MNO][A-Za-z0-9_-]{23,25}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}", rb"\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{20}",
    ),
    "Azure": (
        (b"AZDO", b"APIM", b"AzFu", b"AzSe", b"ACDb"), rb"[A-Za-z0-9]{60,80}(?:AZDO|APIM|AzFu|AzSe|ACDb)[A-Za-z0-9+/=]{4,}",
        rb"[A-Za-z0-9]{4}(?:AZDO|APIM|AzFu|AzSe|ACDb)[A-Za-z0-9+/=]{4}",
    ),
    "Azure, a key of 64 bytes": ((b"==",), APART + rb"[A-Za-z0-9+/]{86}==", rb"[A-Za-z0-9+/]{8}=="),
    "Terraform": ((b".atlasv1.",), rb"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,}", rb"\.atlasv1\."),
}  # fmt: skip
