"""Opens a .byok file with Python's cryptography, as a service does that holds the private wrapping key.

Reads { file, wrappingKey, spec } from standard input: base64, PEM, key type. Prints what is inside as digests only.
"""

import base64
import hashlib
import json
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap_with_padding


def base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def der_length(der: bytes) -> int:
    """Bytes of the outermost structure, by its own header."""
    if der[1] < 0x80:
        return 2 + der[1]
    count = der[1] & 0x7F
    return 2 + count + int.from_bytes(der[2 : 2 + count], "big")


given = json.load(sys.stdin)
transfer = json.loads(base64.b64decode(given["file"]))
blob = base64url(transfer["ciphertext"])
wrapping = serialization.load_pem_private_key(given["wrappingKey"].encode(), None)
size = wrapping.key_size // 8
sha1 = hashes.SHA1()  # Azure's format names it
ephemeral = wrapping.decrypt(blob[:size], padding.OAEP(padding.MGF1(sha1), sha1, None))
inner = aes_key_unwrap_with_padding(ephemeral, blob[size:])

spec = given["spec"]
length = 32 if spec == "AES_256" else der_length(inner)
trailing = inner[length:]
told = {
    "header": transfer["header"],
    "schema": transfer["schema_version"],
    "ephemeralBytes": len(ephemeral),
    "trailingZeros": len(trailing),
    "trailingIsZero": trailing == bytes(len(trailing)),
}
if spec == "AES_256":
    told["sha256"] = hashlib.sha256(b"pulumi-byok/fingerprint/key/1\0" + inner[:length]).hexdigest()
else:
    key = serialization.load_der_private_key(inner[:length], None)
    spki = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    told["sha256"] = hashlib.sha256(b"pulumi-byok/fingerprint/spki/1\0" + spki).hexdigest()
    told["bits"] = key.key_size
print(json.dumps(told))
