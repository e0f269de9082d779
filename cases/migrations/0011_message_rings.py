"""Messages to staff may be rings of the telephone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0010_evacuation"),
    ]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="channel",
            field=models.CharField(
                choices=[
                    ("email", "E-mail"),
                    ("sms", "SMS"),
                    ("telegram", "Telegram"),
                    ("whatsapp", "WhatsApp"),
                    ("ring", "Telephone ring"),
                ],
                max_length=24,
            ),
        ),
    ]
