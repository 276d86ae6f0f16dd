"""The step tables of the default operations. To change a flow, change a line here.

Read a row as: after STEP, if confirmed go there, if the answer was wrong there, and so on.
`to(A, B)` shows A first; B can be chosen, and comes first where A is not available to this
person. USER_ID_ASSIGN is taken by programs only: it is offered and never shown.
"""

# ruff: noqa: E501 - a table reads across

from collections.abc import Mapping
from types import MappingProxyType

from app.nextstep.vocabulary import Ending, OperationKind, Row, Step, Table, To

USER_ID_ASSIGN, USERNAME_PASSWORD_AUTH = Step.USER_ID_ASSIGN, Step.USERNAME_PASSWORD_AUTH
POWERAUTH_TOKEN, SMS_KEY = Step.POWERAUTH_TOKEN, Step.SMS_KEY
LOGIN_SCA, APPROVAL_SCA, CONSENT = Step.LOGIN_SCA, Step.APPROVAL_SCA, Step.CONSENT
DONE, FAIL = Ending.DONE, Ending.FAILED


def to(*steps: Step) -> To:
    """Name the alternatives, the preferred one first."""
    return To(steps)


# fmt: off
LOGIN = Table("login", start=to(USER_ID_ASSIGN, USERNAME_PASSWORD_AUTH), rows=(
    #   step                    confirmed    auth_failed                 auth_method_failed  canceled
    Row(USER_ID_ASSIGN,         to(CONSENT), to(USER_ID_ASSIGN),         FAIL,               FAIL),
    Row(USERNAME_PASSWORD_AUTH, to(CONSENT), to(USERNAME_PASSWORD_AUTH), FAIL,               FAIL),
    Row(CONSENT,                DONE,        to(CONSENT),                FAIL,               FAIL),
))

LOGIN_WITH_SCA = Table("login_sca", start=to(LOGIN_SCA), rows=(
    #   step       confirmed    auth_failed    auth_method_failed  canceled
    Row(LOGIN_SCA, to(CONSENT), to(LOGIN_SCA), FAIL,               FAIL),
    Row(CONSENT,   DONE,        to(CONSENT),   FAIL,               FAIL),
))

AUTHORIZE_PAYMENT = Table("authorize_payment", start=to(USER_ID_ASSIGN, USERNAME_PASSWORD_AUTH), rows=(
    #   step                    confirmed                     auth_failed                 auth_method_failed  canceled
    Row(USER_ID_ASSIGN,         to(POWERAUTH_TOKEN, SMS_KEY), to(USER_ID_ASSIGN),         FAIL,               FAIL),
    Row(USERNAME_PASSWORD_AUTH, to(POWERAUTH_TOKEN, SMS_KEY), to(USERNAME_PASSWORD_AUTH), FAIL,               FAIL),
    Row(POWERAUTH_TOKEN,        to(CONSENT),                  to(POWERAUTH_TOKEN),        FAIL,               FAIL),
    Row(SMS_KEY,                to(CONSENT),                  to(SMS_KEY),                FAIL,               FAIL),
    Row(CONSENT,                DONE,                         to(CONSENT),                FAIL,               FAIL),
))

AUTHORIZE_PAYMENT_SCA = Table("authorize_payment_sca", start=to(LOGIN_SCA, USER_ID_ASSIGN), rows=(
    #   step            confirmed         auth_failed       auth_method_failed  canceled
    Row(LOGIN_SCA,      to(APPROVAL_SCA), to(LOGIN_SCA),    FAIL,               FAIL),
    Row(USER_ID_ASSIGN, to(APPROVAL_SCA), FAIL,             FAIL,               FAIL),
    Row(APPROVAL_SCA,   to(CONSENT),      to(APPROVAL_SCA), FAIL,               FAIL),
    Row(CONSENT,        DONE,             to(CONSENT),      FAIL,               FAIL),
))

# The password only identifies; the approval, which is bound to the payment, is the one SCA.
AUTHORIZE_PAYMENT_SINGLE_SCA = Table("authorize_payment_single_sca", start=to(USERNAME_PASSWORD_AUTH, USER_ID_ASSIGN), rows=(
    #   step                    confirmed         auth_failed                 auth_method_failed  canceled
    Row(USERNAME_PASSWORD_AUTH, to(APPROVAL_SCA), to(USERNAME_PASSWORD_AUTH), FAIL,               FAIL),
    Row(USER_ID_ASSIGN,         to(APPROVAL_SCA), FAIL,                       FAIL,               FAIL),
    Row(APPROVAL_SCA,           to(CONSENT),      to(APPROVAL_SCA),           FAIL,               FAIL),
    Row(CONSENT,                DONE,             to(CONSENT),                FAIL,               FAIL),
))
# fmt: on

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            LOGIN,
            LOGIN_WITH_SCA,
            AUTHORIZE_PAYMENT,
            AUTHORIZE_PAYMENT_SCA,
            AUTHORIZE_PAYMENT_SINGLE_SCA,
        )
    }
)
"""Every step table by the name of its operation."""

OPERATIONS: Mapping[str, OperationKind] = MappingProxyType(
    {
        "login": OperationKind.LOGIN,
        "login_sca": OperationKind.LOGIN,
        "authorize_payment": OperationKind.PAYMENT,
        "authorize_payment_sca": OperationKind.PAYMENT,
        "authorize_payment_single_sca": OperationKind.PAYMENT,
    }
)
"""What each operation is about, by its name."""
