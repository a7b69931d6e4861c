"""Secrets as vendors and people write them, made up for tests: forms, examples of a kept library's detectors, names."""

from typing import Any

from detect_secrets.plugins import (
    artifactory,
    aws,
    azure_storage_key,
    basic_auth,
    cloudant,
    discord,
    github_token,
    gitlab_token,
    ibm_cloud_iam,
    ibm_cos_hmac,
    jwt,
    mailchimp,
    npm,
    openai,
    private_key,
    pypi_token,
    sendgrid,
    slack,
    softlayer,
    square_oauth,
    stripe,
    telegram_token,
    twilio,
)  # fmt: skip

LETTERS = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789"
HEX = "0123456789abcdef"


def word(length: int, letters: str = LETTERS) -> str:
    return (letters * (length // len(letters) + 1))[:length]


# Made up, in the forms that the vendors publish.
FORMS = (
    f"sk_live_{word(24)}", f"rk_test_{word(24)}", f"whsec_{word(32)}", f"sq0atp-{word(22)}", f"sq0csp-{word(43)}", f"EAAA{word(60)}",
    f"access_token$production${word(16, HEX)}${word(32, HEX)}", f"rzp_live_{word(14)}", f"live_{word(40)}", f"FLWSECK-{word(32)}-X",
    f"APP_USR-{word(16, '0123456789')}-{word(32, HEX)}", "access-production-8f2b2c1e-0000-4000-8000-0123456789ab", f"shpat_{word(32, HEX)}",
    f"shpss_{word(32, HEX)}", f"EZAK{word(54)}", f"shippo_live_{word(40, HEX)}", f"AC{word(32, HEX)}", f"SK{word(32, HEX)}",
    f"SG.{word(22)}.{word(43)}", f"key-{word(32, HEX)}", f"{word(32, HEX)}-{word(8, HEX)}-{word(8, HEX)}", f"{word(32, HEX)}-us12",
    f"md-{word(22)}", f"re_{word(8)}_{word(24)}", f"xkeysib-{word(64, HEX)}-{word(16)}", f"mlsn.{word(64, HEX)}", f"pk_{word(34, HEX)}",
    "xoxb-123456789012-abcdef", "xapp-1-A0123-456-abcdef", f"https://hooks.slack.com/services/T000/B000/{word(24)}",
    f"M{word(24)}.{word(6)}.{word(27)}", f"https://discord.com/api/webhooks/123456/{word(60)}", f"https://x.webhook.office.com/webhookb2/{word(40, HEX)}",
    f"110201543:{word(35)}", f"EAAG{word(60)}", f"AKIA{word(16, 'ABCDEFGH23456789')}", f"ASIA{word(16, 'ABCDEFGH23456789')}", f"AIza{word(35)}",
    f"ya29.{word(60)}", f"GOCSPX-{word(28)}", f"1//0{word(60)}", f"DefaultEndpointsProtocol=https;AccountKey={word(86)}==", f"abc1Q~{word(34)}",
    f"LTAI{word(20)}", f"dop_v1_{word(64, HEX)}", f"HRKU-{word(36)}", f"nfp_{word(36)}", f"fm2_{word(60)}", f"sbp_{word(40, HEX)}", f"pscale_tkn_{word(40)}",
    f"dapi{word(32, HEX)}", f"hvs.{word(90)}", f"{word(14)}.atlasv1.{word(60)}", f"dp.pt.{word(43)}", f"tskey-auth-{word(30)}", f"ghp_{word(36)}",
    f"github_pat_{word(22)}_{word(59)}", f"glpat-{word(20)}", f"glrt-{word(20)}", f"npm_{word(36)}", f"pypi-AgEIcHlwaS5vcmc{word(70)}", f"rubygems_{word(48, HEX)}",
    f"dckr_pat_{word(27)}", f"ATATT3xFfGF0{word(60)}", f"sntrys_{word(60)}", f"glsa_{word(32)}_{word(8, HEX)}", f"NRAK-{word(27)}", f"PMAK-{word(24, HEX)}-{word(34, HEX)}",
    f"sk-proj-{word(40)}", f"sk-ant-api03-{word(40)}", f"hf_{word(34)}", f"r8_{word(37)}", f"gsk_{word(52)}", "pat-eu1-8f2b2c1e-0000-4000-8000-0123456789ab",
    f"pat{word(14)}.{word(64, HEX)}", f"secret_{word(43)}", f"ntn_{word(46)}", f"lin_api_{word(40)}", f"tfp_{word(44)}", f"figd_{word(40)}", f"CFPAT-{word(43)}",
    f"00D{word(12)}!{word(60)}", f"phc_{word(43)}", f"AGE-SECRET-KEY-1{word(58, 'ABCDEFGH23456789')}", f"eyJhbGciOiJI.{word(20)}.{word(20)}",
    "postgresql://gym:hunter22@db.example/crm", "Bearer abcdefgh12345678", "Basic dXNlcjpwYXNzd29yZA==", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----",
    "PGPASSWORD=hunter", "\nDB_PASS=bella12\n", '"apiKey": "abcd1"', "X-Api-Key: abcdefg", "https://a.example/x?auth_token=abcdef&y=1", "export CLIENT_SECRET='abcd'",
)  # fmt: skip
# By the library's detectors: an example that it finds itself. Without: addresses of the internet, which are no secrets.
LIBRARY: dict[Any, str] = {
    artifactory.ArtifactoryDetector: f"AKC{word(20)}", aws.AWSKeyDetector: f"AKIA{word(16, 'ABCDEFGH23456789')}",
    azure_storage_key.AzureStorageKeyDetector: f"AccountKey={word(88)}", basic_auth.BasicAuthDetector: "https://user:hunter22@a.example",
    cloudant.CloudantDetector: f"cloudant_password='{word(64, HEX)}'", discord.DiscordBotTokenDetector: f"M{word(23)}.{word(6)}.{word(27)}",
    github_token.GitHubTokenDetector: f"gho_{word(36)}", gitlab_token.GitLabTokenDetector: f"gldt-{word(20)}",
    ibm_cloud_iam.IbmCloudIamDetector: f"ibm_api_key={word(44)}", ibm_cos_hmac.IbmCosHmacDetector: f"cos_hmac_secret_key={word(48, HEX)}",
    jwt.JwtTokenDetector: "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    mailchimp.MailchimpDetector: f"{word(32, HEX)}-us6", npm.NpmDetector: f"//registry.npmjs.org/:_authToken=npm_{word(36)}",
    openai.OpenAIDetector: f"sk-{word(20)}T3BlbkFJ{word(20)}", private_key.PrivateKeyDetector: "BEGIN OPENSSH PRIVATE KEY",
    pypi_token.PypiTokenDetector: f"pypi-AgENdGVzdC5weXBpLm9yZw{word(70)}", sendgrid.SendGridDetector: f"SG.{word(22)}.{word(43)}",
    slack.SlackDetector: "xoxs-1234-abcdefgh", softlayer.SoftlayerDetector: f"softlayer_key={word(64, HEX)}",
    square_oauth.SquareOAuthDetector: f"sq0csp-{word(43)}", stripe.StripeDetector: f"rk_live_{word(24)}",
    telegram_token.TelegramBotTokenDetector: f"110201543:{word(35)}", twilio.TwilioKeyDetector: f"SK{word(32, HEX)}",
}  # fmt: skip
NAMES = (
    "pin", "auth", "clientsecret", "PGPASSWORD", "password2", "otp", "connectionString", "smtpPass", "apiKeyProd", "secret_value", "cardPin", "door_pin", "PIN2",
    "private.key", "API-KEY", "Set-Cookie", "refreshTokens", "pass_word", "db-pwd", "Passwort", "SharedAccessKey", "AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "totp",
    "Mot de passe", "contraseña", "X-Auth-Token", "basicAuth", "mysql_pw", "jwt2", "x.api.key", "passwordHash", "BACKUP_CODES",
)  # fmt: skip
