"""Celery is the engine, PostgreSQL the queue of record (rxcenter/jobs): messages are only doorbells."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rxcenter.settings")

app = Celery("rxcenter")
app.conf.update(
    broker_url=os.environ.get("REDIS_URL", ""),
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    worker_prefetch_multiplier=1,
    task_acks_late=False,  # redelivery is the job table's business; a lost message costs one sweep
    task_time_limit=120,
    task_soft_time_limit=100,
    worker_max_tasks_per_child=2000,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=2,
    broker_transport_options={
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "unacked_restore_interval": 2,
        "unacked_restore_throttle": 1,
    },
    beat_schedule={"sweep": {"task": "jobs.sweep", "schedule": 5.0, "options": {"expires": 5}}},
    timezone="UTC",
)
app.autodiscover_tasks(["rxcenter.jobs"])
