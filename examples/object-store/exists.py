"""
Asks an S3-compatible server whether objects exist.

    python exists.py head|list present|absent OBJECTS [REQUESTS]

The bucket gets OBJECTS objects before the mark `start`. Then REQUESTS questions are asked, 200 unless told
otherwise. The digest is of the answers.
"""

import hashlib
import os
import random
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

BUCKET = "bucket"


def say(*words):
    if "MEMPROBE_FD" in os.environ:
        os.write(int(os.environ["MEMPROBE_FD"]), (" ".join(map(str, words)) + "\n").encode())


def client():
    return boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT"],
        region_name="us-east-1",
        aws_access_key_id="nobody",
        aws_secret_access_key="nothing",
        config=Config(retries={"max_attempts": 1}),
    )


def by_head(s3, key):
    try:
        s3.head_object(Bucket=BUCKET, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] == "404":
            return False
        raise
    return True


def by_list(s3, key):
    # Keys come in order, so the key itself is the first of those that begin with it.
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=key, MaxKeys=1).get("Contents", [])
    return any(entry["Key"] == key for entry in found)


def main(request, wanted, objects, requests="200"):
    exists = {"head": by_head, "list": by_list}[request]
    objects, requests = int(objects), int(requests)
    s3 = client()
    s3.create_bucket(Bucket=BUCKET)
    for number in range(objects):
        s3.put_object(Bucket=BUCKET, Key=f"folder/{number:06}", Body=b"x")
    # Otherwise the first question pays for the connection.
    exists(s3, "folder/warm-up")

    chance = random.Random(3)
    suffix = "" if wanted == "present" else "-absent"
    answers = []
    say("mark", "start")
    for _ in range(requests):
        key = f"folder/{chance.randrange(objects):06}{suffix}"
        began = time.monotonic()
        answers.append(exists(s3, key))
        say("metric", "request_time", time.monotonic() - began, "s")
    say("mark", "end")
    assert all(answers) if wanted == "present" else not any(answers)
    say("digest", hashlib.sha256(repr(answers).encode()).hexdigest())


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5):
        sys.exit(__doc__.strip())
    main(*sys.argv[1:])
