"""Ways to reach a person. The name in the settings chooses one; here is the only such choice."""

from collections.abc import Callable

from app.channels.base import Sms, SmsChannel
from app.channels.demo import DemoSms
from app.channels.twilio import TwilioSms
from app.settings import SmsSettings


def sms_channel(settings: SmsSettings, *, keep: Callable[[Sms], None]) -> SmsChannel:
    """Build the channel that the settings name; `keep` stores what the demo channel is given."""
    match settings.channel:
        case "demo":
            return DemoSms(keep)
        case "twilio":
            return TwilioSms(settings.twilio)
