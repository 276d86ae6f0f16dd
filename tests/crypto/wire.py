"""What only the far end of the wire does, for tests of our end."""

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC


def aes_decrypt(key, iv, secret):
    """Whole blocks, without padding."""
    decryptor = Cipher(AES(key), CBC(iv)).decryptor()
    return decryptor.update(secret) + decryptor.finalize()
