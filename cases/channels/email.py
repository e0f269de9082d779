"""Mail over SMTP; to the console when no server is set."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage

from cases.channels.letter import Letter, TryLater, Undeliverable


def send(letter: Letter) -> str:
    """The Message-ID is the letter's key: a repeat carries the same one."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    message_id = f"<{letter.key}@{domain}>"
    mail = EmailMessage(letter.subject, letter.body, to=[letter.address], headers={"Message-ID": message_id})
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as refused:
        codes = {code for code, _ in refused.recipients.values()}
        raise (Undeliverable if min(codes) >= 500 else TryLater)(f"smtp_{min(codes)}") from None
    except smtplib.SMTPResponseException as answer:
        raise (Undeliverable if answer.smtp_code >= 550 else TryLater)(f"smtp_{answer.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as failure:
        raise TryLater(type(failure).__name__.lower()[:40]) from None
    except ValueError:
        raise Undeliverable("bad_address") from None
    return message_id
