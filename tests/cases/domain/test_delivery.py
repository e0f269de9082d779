"""Messages on their way out, over a real SMTP server: again under one Message-ID, late, refused, put off."""

import logging
from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from cases.channels import Letter, Undeliverable, email
from cases.domain import erasure, jobs, lifecycle, notifications
from cases.enums import ContactMode, JobState, MessageStatus, SuppressedReason
from cases.models import Caller, ContactPoint, Job, Message, Reach, User
from chaos.waiting import end_heartbeat
from factories import a_key
from hotline.engines import free_port
from hotline.logs import formatter

pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "somebody.to.protect@staff.invalid"


@pytest.fixture(autouse=True)
def no_heartbeat_outlives_its_test():
    yield
    end_heartbeat()


@pytest.fixture
def message():
    """One queued message to a member of staff, with its job due."""
    user = User.objects.create_user(username="taras", name="Taras", email=ADDRESS)
    notifications.to_staff("case_assigned", user, key="one", ref="1234", priority="P1", path="/case/1234/")
    return Message.objects.get()


def a_reach(**fields):
    contact = ContactPoint.objects.create(
        data_key=a_key(), kind="email", address=ADDRESS, index_key="dev", digest=b"1" * 32
    )
    return Reach.objects.create(caller=Caller.objects.create(data_key=a_key()), contact=contact, **fields)


def make_due():
    Job.objects.filter(state=JobState.WAITING).update(due_at=timezone.now())


def ids(office):
    return [letter["Message-ID"] for letter in office.letters]


def states():
    return Message.objects.get().status, Job.objects.get().state


def answering(office, line):
    """Make the mail server answer every recipient with this line."""

    async def handle(server, session, envelope, address, options):
        return line.format(address=address)

    office.handle_RCPT = handle


def test_a_message_is_sent_once_and_recorded(message, mail_server):
    jobs.sweep()
    jobs.sweep()
    message.refresh_from_db()
    assert states() == (MessageStatus.SENT, JobState.DONE)
    assert ids(mail_server) == [f"<{message.uid}@hotline.invalid>"] == [message.receipt]
    assert mail_server.letters[0]["X-To"] == ADDRESS


def cut_after_the_next_letter(office):
    """The database goes away between the mail server's yes and our note of it."""
    accept = office.handle_DATA

    async def accept_and_cut(server, session, envelope):
        office.handle_DATA = accept
        answer = await accept(server, session, envelope)
        parameters = connection.get_connection_params() | {"cursor_factory": psycopg.Cursor, "context": None}
        with psycopg.connect(**parameters, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND usename = current_user AND pid <> pg_backend_pid()"
            )
        return answer

    office.handle_DATA = accept_and_cut


def test_one_accepted_but_not_recorded_is_sent_again_under_the_same_message_id(message, mail_server):
    cut_after_the_next_letter(mail_server)
    jobs.sweep()
    assert states() == (MessageStatus.SENDING, JobState.WAITING) and len(mail_server.letters) == 1

    make_due()
    jobs.sweep()
    assert states() == (MessageStatus.SENT, JobState.DONE)
    assert ids(mail_server) == [f"<{message.uid}@hotline.invalid>"] * 2


def test_one_recorded_as_sent_by_a_late_worker_is_not_sent_again(message, mail_server):
    jobs.claim(Job.objects.get().pk)
    lifecycle.move(message, MessageStatus.SENDING, quietly=True)
    lifecycle.move(message, MessageStatus.SENT, quietly=True)
    Job.objects.update(state=JobState.WAITING, worker="")
    jobs.sweep()
    assert ids(mail_server) == [] and states() == (MessageStatus.SENT, JobState.DONE)


def test_an_expired_message_is_not_sent(message, mail_server):
    Message.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    jobs.sweep()
    assert mail_server.letters == [] and states() == (MessageStatus.EXPIRED, JobState.DONE)


@pytest.mark.parametrize(
    ("reach", "why"),
    [
        ({"mode": ContactMode.NONE, "text_ok": True}, SuppressedReason.NO_CONTACT),
        ({"text_ok": False}, SuppressedReason.NO_TEXT),
    ],
)
def test_a_caller_who_may_not_be_written_to_is_not(reach, why, mail_server):
    notifications.to_caller("call_us", a_reach(**reach), key="one", ref="1234")
    jobs.sweep()
    assert mail_server.letters == [] and not Job.objects.exists()
    assert Message.objects.values_list("status", "suppressed_reason").get() == (MessageStatus.SUPPRESSED, why)


def test_a_callers_address_is_opened_only_to_send(mail_server):
    notifications.to_caller("call_us", a_reach(text_ok=True), key="one", ref="1234")
    jobs.sweep()
    assert mail_server.letters[0]["X-To"] == ADDRESS and states() == (MessageStatus.SENT, JobState.DONE)


def test_a_caller_erased_meanwhile_is_not_written_to_and_the_message_is_dead(mail_server):
    reach = a_reach(text_ok=True)
    notifications.to_caller("call_us", reach, key="one", ref="1234")
    erasure.destroy([reach.contact.data_key_id])
    jobs.sweep()
    assert mail_server.letters == [] and states() == (MessageStatus.DEAD, JobState.DONE)
    assert Message.objects.get().error_code == "erased"


def test_a_refused_recipient_is_dead_with_a_code_and_without_the_address(message, mail_server, caplog):
    mail_server.refuses.add(ADDRESS)
    with caplog.at_level(logging.DEBUG):
        jobs.sweep()
    assert states() == (MessageStatus.DEAD, JobState.DONE)
    assert Message.objects.get().error_code == "smtp_550"
    ours = [record for record in caplog.records if record.name != "mail.log"]  # the test's own mail server talks
    told = "".join(formatter().format(record) for record in ours)
    assert "somebody" not in told
    assert "somebody" not in str(list(Job.objects.values()) + list(Message.objects.values()))


def test_what_the_mail_servers_refusal_says_would_name_the_address(mail_server):
    """The negative control: the error below ours carries the address, so a log of it would too."""
    mail_server.refuses.add(ADDRESS)
    with pytest.raises(Undeliverable) as refused:
        email.send(Letter("key", ADDRESS, "subject", "body"))
    assert "somebody" not in repr(refused.value) and "somebody" in repr(refused.value.__context__)


@pytest.mark.parametrize(
    ("line", "code"), [("451 4.3.0 <{address}> later", "smtp_451"), ("421 4.7.0 too busy", "smtp_421")]
)
def test_a_temporary_no_puts_the_message_off(message, mail_server, line, code):
    answering(mail_server, line)
    before = timezone.now()
    jobs.sweep()
    job = Job.objects.get()
    assert states() == (MessageStatus.QUEUED, JobState.WAITING)
    assert (Message.objects.get().error_code, job.error_code, job.attempts) == (code, code, 1)
    assert job.due_at >= before + jobs.backoff(1)

    del mail_server.handle_RCPT
    make_due()
    jobs.sweep()
    assert states() == (MessageStatus.SENT, JobState.DONE) and Message.objects.get().error_code == ""


def test_a_mail_server_that_is_away_is_tried_again_for_as_long_as_the_message_lives(message, mail_server, settings):
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, free_port()
    for attempt in range(1, jobs.MAX_ATTEMPTS + 3):
        make_due()
        jobs.sweep()
        assert Job.objects.get().attempts == attempt
    assert states() == (MessageStatus.QUEUED, JobState.WAITING)

    settings.EMAIL_PORT = port
    make_due()
    jobs.sweep()
    assert states() == (MessageStatus.SENT, JobState.DONE)


def test_the_same_key_makes_one_message(message):
    user = User.objects.get()
    notifications.to_staff("case_assigned", user, key="one", ref="1234", priority="P1", path="/case/1234/")
    assert Message.objects.count() == Job.objects.count() == 1
