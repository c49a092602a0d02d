"""Speaks to a local Azure with Azure's Python clients, as LOCAL_AZURE (JSON) says. Prints what it saw as JSON."""

import hashlib
import json
import os

from azure.identity import ClientSecretCredential
from azure.keyvault.keys import JsonWebKey, KeyClient, KeyCurveName, KeyOperation
from azure.keyvault.keys.crypto import CryptographyClient, EncryptionAlgorithm, SignatureAlgorithm

given = json.loads(os.environ["LOCAL_AZURE"])
tls = {"connection_verify": given["caFile"]}
credential = ClientSecretCredential(
    given["tenantId"], given["clientId"], given["secret"], authority=given["authority"], disable_instance_discovery=True, **tls
)
options = {"verify_challenge_resource": False, **tls}
client = KeyClient(given["vault"], credential, **options)

made = client.create_ec_key("python", curve=KeyCurveName.p_256, tags={"by": "python"})
rsa = client.create_rsa_key("python-rsa", size=2048)
exchange = client.create_rsa_key("python-exchange", size=2048, hardware_protected=True, key_operations=[KeyOperation.import_key])
crypto = CryptographyClient(made, credential, **options)
digest = hashlib.sha256(b"message").digest()
signature = crypto.sign(SignatureAlgorithm.es256, digest).signature
rsa_crypto = CryptographyClient(rsa, credential, **options)
sealed = rsa_crypto.encrypt(EncryptionAlgorithm.rsa_oaep_256, b"plain").ciphertext
client.update_key_properties("python", enabled=False)
deleted = client.begin_delete_key("python", _polling_interval=0).result()
client.begin_recover_deleted_key("python", _polling_interval=0).wait()
backup = client.backup_key("python")

print(
    json.dumps(
        {
            "names": sorted(key.name for key in client.list_properties_of_keys()),
            "exchange": [str(operation) for operation in exchange.key_operations],
            "verified": CryptographyClient(made, credential, **options).verify(SignatureAlgorithm.es256, digest, signature).is_valid,
            "plain": rsa_crypto.decrypt(EncryptionAlgorithm.rsa_oaep_256, sealed).plaintext.decode(),
            "recoveryLevel": deleted.properties.recovery_level,
            "enabled": client.get_key("python").properties.enabled,
            "backup": len(backup) > 0,
        }
    )
)
