"""The one table that puts codes into words: what happened, whether money moved, what to do now."""

from collections.abc import Mapping
from typing import NamedTuple

from flask_babel import gettext

from app.texts import N_


class Words(NamedTuple):
    """One sentence for a heading or a field, and what else there is to say."""

    title: str
    detail: str = ""


START_AGAIN = N_(
    "Nothing was changed and no payment was sent. "
    "Go back to the application that sent you here and start again."
)
NOT_DONE = N_("Your last step was not carried out, so it sent no payment. Try again in a minute.")

PROBLEMS: Mapping[str, Words] = {
    "username_empty": Words(N_("Fill in the login number.")),
    "username_invalid": Words(N_("The specified login number is invalid.")),
    "organization_invalid": Words(N_("Choose one of the account types.")),
    "password_empty": Words(N_("Fill in the password.")),
    "authentication_failed": Words(N_("User authentication failed.")),
    "code_invalid": Words(N_("Fill in all digits of the code from the SMS.")),
    "token_waiting": Words(
        N_("We have no confirmation from your phone yet."),
        N_("Confirm the request in the mobile app first, then go on here."),
    ),
    "token_over": Words(N_("The request in the mobile app is over.")),
    "ask_too_early": Words(N_("Please wait a moment before you ask the phone again.")),
    "offline_unavailable": Words(
        N_("There is no QR code for this request."),
        N_("Confirm it in the app while your phone is online."),
    ),
    "offline_code_invalid": Words(N_("Fill in all 16 digits that the app shows.")),
    "offline_code_wrong": Words(
        N_("The code from the app was not accepted."),
        N_("Check that you scanned this QR code with the phone chosen here, and type it again."),
    ),
    "passkey_missing": Words(
        N_("Nothing was signed."),
        N_(
            "A security key or passkey needs JavaScript, and a moment until the page is ready. "
            "Try again, or use another way below."
        ),
    ),
    "passkey_over": Words(
        N_("The request for your security key or passkey is over."),
        N_("Try again, or use another way below."),
    ),
    "phone_unavailable": Words(
        N_("We cannot ask your phone now."),
        N_("Use the code that we have sent you."),
    ),
    "passkey_unavailable": Words(N_("You cannot use a security key or passkey now.")),
    "passkey_wrong": Words(
        N_("The security key or passkey was not accepted."),
        N_("Use one that you have registered with the bank."),
    ),
    "too_many_messages": Words(
        N_("No new code was sent: too many were asked for in a short time."),
        N_("Try again later. A code that you already have works until its time is over."),
    ),
    "no_message": Words(
        N_("No code was sent: too many were asked for in a short time."),
        N_("Cancel, and start again later."),
    ),
    "resend_too_early": Words(N_("Please wait a moment before you ask for another code.")),
    "account_missing": Words(N_("Choose the account to pay from.")),
    "account_unusable": Words(N_("This account cannot be used for the payment. Choose another.")),
    "accounts_missing": Words(
        N_("There is no account to pay from."),
        N_("None of your accounts can be used for this payment, so you can only reject it here."),
    ),
    "method_missing": Words(N_("Choose how you want to approve.")),
    "consent_incomplete": Words(N_("Please fill in the whole consent form.")),
    "option_required": Words(N_("Confirm this option to complete the operation.")),
    "out_of_date": Words(N_("This page was out of date. Here is the current one.")),
    "try_again": Words(N_("Something went wrong. Please try again.")),
}
"""Why an answer to a page was not taken."""

ENDINGS: Mapping[str, Words] = {
    "done_login": Words(
        N_("Sign-in confirmed"), N_("The application now gets what you agreed to.")
    ),
    "done_payment": Words(
        N_("Payment approved"), N_("You approved this payment and the bank will carry it out.")
    ),
    "canceled": Words(N_("You cancelled the request")),
    "rejected": Words(N_("You rejected the request in the mobile app")),
    "phone_unusable": Words(
        N_("The phone cannot be used any more."),
        N_("We ended the request for your security. Start again to use another way."),
    ),
    "timeout": Words(
        N_("The request timed out"),
        N_("It was not finished in time, so we ended it for your security."),
    ),
    "attempts_exceeded": Words(
        N_("All attempts have been used."), N_("We ended the request for your security.")
    ),
    "interrupted": Words(
        N_("This request has been interrupted by a newer one."),
        N_("Only one request can be open in a browser. Go on in the newer one."),
    ),
    "page_left": Words(
        N_("The request was interrupted"),
        N_("Its page was closed or reloaded, so we ended it for your security."),
    ),
    "failed": Words(
        N_("The request could not be completed"), N_("Something went wrong, so we ended it.")
    ),
}
"""How a flow ended; the page itself adds what that means for the payment."""

ERRORS: Mapping[str, Words] = {
    "already_returned": Words(
        N_("This request has already been finished"),
        N_("The application has got the result. There is nothing more to do here."),
    ),
    "bad_request": Words(N_("We did not understand this request"), START_AGAIN),
    "csrf": Words(
        N_("This page can no longer be used"),
        N_(
            "It was open for too long, or cookies are switched off. Nothing was changed and no "
            "payment was sent. Go back to the application that sent you here and start again."
        ),
    ),
    "forbidden": Words(
        N_("This request was opened in another browser"),
        N_(
            "For your security it works only in the browser in which it was started. Nothing was "
            "changed and no payment was sent. Go on there, or start again from the application."
        ),
    ),
    "internal": Words(
        N_("Something went wrong on our side"),
        NOT_DONE,
    ),
    "invalid_client": Words(
        N_("The bank does not know this application"),
        N_(
            "For your security we stopped here. Nothing was shared and no payment was sent. "
            "Tell the provider of the application."
        ),
    ),
    "invalid_redirect_uri": Words(
        N_("The application gave an address that the bank does not know"),
        N_(
            "For your security we do not send you there. Nothing was shared and no payment was "
            "sent. Tell the provider of the application."
        ),
    ),
    "invalid_request": Words(
        N_("The application sent a request that we cannot take"),
        N_(
            "Nothing was shared and no payment was sent. Go back to the application and try "
            "again; if it happens again, tell its provider."
        ),
    ),
    "method_not_allowed": Words(N_("This address cannot be used like this"), START_AGAIN),
    "no_cookies": Words(
        N_("Your browser sent no cookie"),
        N_(
            "For your security a request works only in the browser in which it was started, and "
            "that is known by a cookie. Allow cookies for this site, and start again from the "
            "application. Nothing was changed and no payment was sent."
        ),
    ),
    "not_found": Words(
        N_("We cannot find this page"),
        N_(
            "The address is not right, or the request has ended. Nothing was changed here. "
            "Go back to the application that sent you here and start again."
        ),
    ),
    "operation_not_available": Words(
        N_("This request is not available"),
        N_(
            "It has ended, or it was opened in another browser, and nothing was changed here. "
            "Go back to the application that sent you here: it knows the result. "
            "If there is none, start again."
        ),
    ),
    "operation_not_found": Words(N_("The bank does not know this request"), START_AGAIN),
    "overloaded": Words(
        N_("Too many people are here at the moment"),
        NOT_DONE,
    ),
    "too_large": Words(N_("The request was too large"), START_AGAIN),
    "too_many_requests": Words(
        N_("Too many requests came from your network"),
        N_(
            "Nothing was changed and no payment was sent. Wait a minute, then go back to the "
            "application that sent you here and start again."
        ),
    ),
}
"""Error pages, which stand outside a flow."""

UNKNOWN = Words(
    N_("Something went wrong"),
    N_("Please try again. If it happens again, go back to the application and start again."),
)
"""Whatever has no words of its own."""

ALL: Mapping[str, Words] = {**PROBLEMS, **ENDINGS, **ERRORS}


def text(code: str) -> Words:
    """Return the words for a code in the reader's language; a general sentence if it has none."""
    words = ALL.get(code, UNKNOWN)
    return Words(gettext(words.title), gettext(words.detail) if words.detail else "")
