"""A loopback OSS: one bucket, real signatures, real multipart rules, and faults on demand.

    connection  HTTP in and out, faults      server   the object, its socket and threads
    operations  which operation it is        command  the command line
    auth        who signed it                faults   the fault script
    objects, bucket, multipart, copies       what the operations do
    store       objects and open uploads     bodies, files   where their bytes are

It is a stand-in for tests, benchmarks and first steps, not a place to keep data: no access rules
beyond one key, no versions, no encryption, no signed URLs.
"""

from .connection import Exchange
from .faults import Fault, FaultScript
from .server import OssServer
from .store import StoredObject, Upload

__all__ = ["Exchange", "Fault", "FaultScript", "OssServer", "StoredObject", "Upload"]
