"""Ways to reach a person. The name in the settings chooses one; here is the only such choice."""

from collections.abc import Callable
from typing import get_args

from app.channels.base import Platform, Push, PushChannels, Sms, SmsChannel
from app.channels.demo import DemoPush, DemoSms
from app.channels.twilio import TwilioSms
from app.settings import PushChannelName, SmsSettings


def sms_channel(settings: SmsSettings, *, keep: Callable[[Sms], None]) -> SmsChannel:
    """Build the channel that the settings name; `keep` stores what the demo channel is given."""
    match settings.channel:
        case "demo":
            return DemoSms(keep)
        case "twilio":
            return TwilioSms(settings.twilio)


def push_channels(name: PushChannelName, *, keep: Callable[[Push], None]) -> PushChannels:
    """Build the channels of all platforms; none where nothing is pushed."""
    match name:
        case "demo":
            return dict.fromkeys(get_args(Platform), DemoPush(keep))
        case "off":
            return {}
