"""Operations for phones without a network: the text of a QR code, and the digits that answer it."""

from app.api.cloud import offline_schemas as schemas
from app.api.cloud.calls import call, caller
from app.api.cloud.operations import ABOUT, ONE, UNKNOWN
from app.errors import OperationChangeRefused
from app.services import services

REFUSED = f"{UNKNOWN} ERROR_OPERATION_STATE_CHANGE ERROR_REGISTRATION_NOT_FOUND"


@call(
    f"GET {ONE}/offline/qr",
    asks=schemas.OfflineQrRequest,
    answers=schemas.OfflineQr,
    about=ABOUT,
    refuses=REFUSED,
)
def get_offline_qr(operation_id: str, asked: schemas.OfflineQrRequest) -> schemas.OfflineQr:
    """Return what a QR code says of an operation to one phone; it changes nothing."""
    made = services().offline_calls.challenge(
        operation_id,
        asked.registration_id,
        language=asked.language,
        within=caller().applications,
    )
    return schemas.OfflineQr(operation_qr_code_data=made.text, nonce=made.nonce)


@call(
    f"POST {ONE}/offline/otp",
    body=schemas.OfflineOtpRequest,
    answers=schemas.OfflineOtpVerdict,
    about=ABOUT,
    refuses=f"{REFUSED} ERROR_OTP_INVALID",
)
def verify_offline_otp(
    operation_id: str, body: schemas.OfflineOtpRequest
) -> schemas.OfflineOtpVerdict:
    """Approve an operation by the digits of a phone; wrong ones are counted."""
    judged = services().offline_calls.judge(body.answer(operation_id), caller().applications)
    if judged.is_over:
        services().commit()  # that the digits were used counts
        raise OperationChangeRefused("it has ended")
    return schemas.OfflineOtpVerdict.of(judged)
