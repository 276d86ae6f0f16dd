"""Ways to reach a person. The name in the settings chooses one; here is the only such choice."""

from collections.abc import Callable
from typing import Protocol, TypeVar, get_args

from app.channels.apns import ApnsPush
from app.channels.base import Platform, Push, PushChannels, Sms, SmsChannel
from app.channels.credentials import (
    ApnsCredentials,
    Credentials,
    FcmCredentials,
    HmsCredentials,
)
from app.channels.demo import DemoPush, DemoSms
from app.channels.fcm import FcmPush
from app.channels.hms import HmsPush
from app.channels.twilio import TwilioSms
from app.settings import PushChannelName, PushSettings, SmsSettings

C = TypeVar("C", bound=Credentials)


class FindCredentials(Protocol):
    """Looks for what an application has been given."""

    def __call__(self, application_id: str, kind: type[C], /) -> C | None:
        """Return the credentials of this kind, or None."""


def sms_channel(settings: SmsSettings, *, keep: Callable[[Sms], None]) -> SmsChannel:
    """Build the channel that the settings name; `keep` stores what the demo channel is given."""
    match settings.channel:
        case "demo":
            return DemoSms(keep)
        case "twilio":
            return TwilioSms(settings.twilio)


def push_channels(
    name: PushChannelName,
    settings: PushSettings,
    *,
    keep: Callable[[Push], None],
    find: FindCredentials,
) -> PushChannels:
    """Build the channels of all platforms; none where nothing is pushed."""
    match name:
        case "demo":
            return dict.fromkeys(get_args(Platform), DemoPush(keep))
        case "providers":
            return {
                "apns": ApnsPush(settings, lambda each: find(each, ApnsCredentials)),
                "fcm": FcmPush(settings, lambda each: find(each, FcmCredentials)),
                "hms": HmsPush(settings, lambda each: find(each, HmsCredentials)),
            }
        case "off":
            return {}
