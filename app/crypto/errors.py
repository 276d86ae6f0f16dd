"""What the protocol refuses: one kind for each concern, and none of them repeats a secret."""


class ProtocolError(Exception):
    """Something from outside is malformed, or does not prove what it claims."""


class UnsupportedVersionError(ProtocolError):
    """The caller speaks a version of the protocol that we do not."""


class InvalidKeyError(ProtocolError):
    """These bytes are no key of the curve, in no form that the protocol knows."""


class InvalidActivationCodeError(ProtocolError):
    """The text is no activation code: its form or its checksum is wrong."""


class InvalidHeaderError(ProtocolError):
    """A PowerAuth header lacks a value, repeats one, or has one of the wrong form."""


class CannotDecryptError(ProtocolError):
    """An encrypted request has fields of another version, or was changed on its way."""


class InvalidSignatureError(ProtocolError):
    """The text is no code of a phone: its kind, its form or its length is wrong."""


class InvalidKeyRequestError(ProtocolError):
    """The request for a temporary key is malformed, or another secret signed it."""


class InvalidChallengeError(ProtocolError):
    """What a phone sends along with its question for a status has a wrong length."""


class InvalidOfflineTextError(ProtocolError):
    """The parts cannot make the text of an offline QR code, or the text does not hold them."""
