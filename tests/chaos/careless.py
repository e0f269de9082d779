"""What a queue without the job table would be: a plain Celery task that says yes when it is handed out."""

import os

import redis
from celery import Celery

app = Celery("careless", broker=os.environ.get("REDIS_URL"))
app.conf.task_default_queue = "careless"
app.conf.worker_prefetch_multiplier = 1


@app.task(name="careless.write", ignore_result=True)
def write(number: int) -> None:
    """Begin, wait until told to go on, write."""
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        client.rpush("begun", number)
        client.blpop([f"go:{number}"], timeout=60)
        client.rpush("written", number)
