"""Settings: typed, read once at boot, passed down in the smallest piece that will do.

Every setting is an environment variable, e.g. `WEBFLOW_SMS__CHANNEL=twilio`, or a line of
`.env`. `docs/configuration.md` is generated from the docstrings in this package.
"""

from app.settings.apis import (
    Fido2Settings,
    MtokenSettings,
    NevisSettings,
    NextStepSettings,
    OauthSettings,
    RegistrationsSettings,
)
from app.settings.kit import PushChannelName, Section, UnsafeConfiguration
from app.settings.messages import (
    CallbacksSettings,
    PushSettings,
    SmsSettings,
    TwilioSettings,
)
from app.settings.portal import (
    BankSettings,
    BrandSettings,
    FlowSettings,
    LiveSettings,
    LockoutSettings,
    WebSettings,
)
from app.settings.reading import (
    faults_of,
    previous_secrets,
    refuse,
    require_var_dir,
    root_secret,
    settings_or_exit,
    unknown_settings,
)
from app.settings.running import (
    MetricsSettings,
    ProxySettings,
    RateLimitSettings,
    RetentionSettings,
    ServerSettings,
    WorkerSettings,
)
from app.settings.whole import Settings

__all__ = [
    "BankSettings",
    "BrandSettings",
    "CallbacksSettings",
    "Fido2Settings",
    "FlowSettings",
    "LiveSettings",
    "LockoutSettings",
    "MetricsSettings",
    "MtokenSettings",
    "NevisSettings",
    "NextStepSettings",
    "OauthSettings",
    "ProxySettings",
    "PushChannelName",
    "PushSettings",
    "RateLimitSettings",
    "RegistrationsSettings",
    "RetentionSettings",
    "Section",
    "ServerSettings",
    "Settings",
    "SmsSettings",
    "TwilioSettings",
    "UnsafeConfiguration",
    "WebSettings",
    "WorkerSettings",
    "faults_of",
    "previous_secrets",
    "refuse",
    "require_var_dir",
    "root_secret",
    "settings_or_exit",
    "unknown_settings",
]
