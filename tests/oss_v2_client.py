"""What test_oss_server_v2 runs in an environment that has alibabacloud-oss-v2, and nothing of ours.

Arguments: endpoint, region, bucket. The key comes from the environment, as the SDK reads it. Prints
what it saw as JSON.
"""

import json
import sys

import alibabacloud_oss_v2 as oss  # type: ignore[import-not-found]

PARTS = {1: b"a" * 102_400, 2: b"b" * 102_401, 5: b"end"}


def main(endpoint: str, region: str, bucket: str) -> None:
    """Put, initiate, send parts, list them, complete, get: with V4 and CRC checks on."""
    config = oss.config.load_default()
    config.credentials_provider = oss.credentials.EnvironmentVariableCredentialsProvider()
    config.endpoint, config.region = endpoint, region
    client = oss.Client(config)

    put = client.put_object(oss.PutObjectRequest(bucket, "dir/ü a+b.csv", body=b"123456789"))
    key = "dir/multi part.csv"
    started = client.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(bucket, key))
    sent = []
    for number, data in PARTS.items():
        part = client.upload_part(
            oss.UploadPartRequest(
                bucket, key, upload_id=started.upload_id, part_number=number, body=data
            )
        )
        sent.append(oss.UploadPart(part_number=number, etag=part.etag))
    listed = client.list_parts(oss.ListPartsRequest(bucket, key, upload_id=started.upload_id))
    done = client.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(
            bucket,
            key,
            upload_id=started.upload_id,
            complete_multipart_upload=oss.CompleteMultipartUpload(parts=sent),
        )
    )
    got = client.get_object(oss.GetObjectRequest(bucket, key))
    same = got.body.content == b"".join(PARTS.values())
    names = client.list_objects_v2(oss.ListObjectsV2Request(bucket, prefix="dir/"))
    try:
        client.head_object(oss.HeadObjectRequest(bucket, "nowhere"))
    except oss.exceptions.OperationError as error:
        missing = error.unwrap().code
    print(
        json.dumps(
            {
                "put": put.hash_crc64,
                "parts": [[part.part_number, part.size] for part in listed.parts],
                "etag": done.etag,
                "crc64": done.hash_crc64,
                "same": same,
                "names": [found.key for found in names.contents],
                "missing": missing,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
