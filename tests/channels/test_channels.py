"""The choice of a channel, the demo channel, and what a message tells of itself."""

import subprocess
import sys

import pytest
from pydantic import SecretStr

from app.channels import sms_channel
from app.channels.base import DeliveryFailed, PhoneNumber, Sms
from app.channels.demo import DemoSms
from app.channels.twilio import TwilioSms
from app.settings import SmsSettings, TwilioSettings

MESSAGE = Sms(
    to=PhoneNumber("+420777123456"),
    text="Authorization code for login is 27218844.",
    reference="4b11",
    operation_id="7f3c",
)


def test_the_demo_channel_keeps_the_message_as_it_is():
    kept: list[Sms] = []
    channel = sms_channel(SmsSettings(channel="demo"), keep=kept.append)
    assert isinstance(channel, DemoSms)
    channel.send(MESSAGE)
    assert kept == [MESSAGE]


def test_the_settings_choose_twilio():
    twilio = TwilioSettings(account_sid="AC1", auth_token=SecretStr("secret"), sender="Bank")
    channel = sms_channel(SmsSettings(channel="twilio", twilio=twilio), keep=never)
    assert isinstance(channel, TwilioSms)


def never(message: Sms) -> None:
    raise AssertionError(message)


def test_a_message_never_shows_its_text_and_its_number():
    assert repr(MESSAGE) == str(MESSAGE) == "Sms(reference='4b11', operation_id='7f3c')"


def test_a_failure_tells_its_code_and_the_answer_of_the_provider():
    failure = DeliveryFailed("number_invalid", temporary=False, answer="400 21211")
    assert str(failure) == "number_invalid (400 21211)"
    assert str(DeliveryFailed("no_answer", temporary=True)) == "no_answer"


@pytest.mark.parametrize("module", ["app.channels", "app.channels.twilio"])
def test_who_does_not_send_through_twilio_does_not_load_its_library(module):
    program = f"import sys, {module}; sys.exit(bool({{'twilio', 'requests'}} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0  # noqa: S603 - our own program
