"""How phones may sign, as operators say it."""

import pytest

from app.flows.catalogue import Catalogue, Rows
from app.flows.token_mode import ONE_FACTOR, TWO_FACTORS, factors_of
from app.nextstep.vocabulary import Step
from app.settings import FlowSettings
from app.store.configuration import OperationConfigRow


@pytest.mark.parametrize(
    ("mode", "factors"),
    [
        ('{"type":"1FA"}', ONE_FACTOR),
        ('{"type":"2FA","variants":["possession_knowledge","possession_biometry"]}', TWO_FACTORS),
        ('{"type":"2FA","variants":[]}', TWO_FACTORS[:1]),
        ('{"type":"2FA"}', TWO_FACTORS[:1]),
        ('{"type":"ECDSA"}', ()),
        ('{"type":"2FA","variants":7}', ()),
        ("[]", ()),
        ("{", ()),
    ],
)
def test_a_mode_that_cannot_be_read_lets_no_phone_sign(mode, factors):
    assert factors_of(mode) == factors


def test_one_factor_is_never_enough_for_a_strong_step():
    row = OperationConfigRow(
        operation_name="authorize_payment_sca",
        template_version="A",
        template_id=1,
        mobile_token_enabled=True,
        mobile_token_mode='{"type":"1FA"}',
        afs_enabled=False,
    )
    rules = Catalogue(Rows(operations=[row]), FlowSettings()).rules("authorize_payment_sca")
    for step in (Step.LOGIN_SCA, Step.APPROVAL_SCA):
        assert rules.token_factors(step) == TWO_FACTORS
    assert rules.token_factors(Step.POWERAUTH_TOKEN) == ONE_FACTOR
    assert rules.token_factors(Step.CONSENT) == ()
