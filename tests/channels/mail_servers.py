"""Dovecot and OpenSMTPD: what is sent by SMTP lies in a mailbox that is read by IMAP."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.channels.daemons import (
    Missing,
    free_port,
    listens,
    own_folder,
    program,
    require_own_mounts,
    running,
    wait_for,
)

DOMAIN = "lapor.solo.test"
ADDRESS = f"aduan@{DOMAIN}"
PERSON = f"warga@{DOMAIN}"
PASSWORD = "sandi-uji"
OWNER = "nobody"

DOVECOT = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = /dev/stderr
ssl = no
disable_plaintext_auth = no
default_internal_user = {owner}
default_login_user = {owner}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%n
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid=nogroup home={folder}/mail/%n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
"""

SMTPD = """
listen on 127.0.0.1 port {port}
table vd {{ "@" = "{owner}" }}
action "in" maildir "{folder}/mail/%{{dest.user:strip}}" virtual <vd>
match from any for domain "{domain}" action "in"
"""


@dataclass(frozen=True)
class MailServers:
    imap_port: int
    smtp_port: int

    @property
    def imap_url(self) -> str:
        return f"imap://127.0.0.1:{self.imap_port}"

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self.smtp_port}"


@contextmanager
def mail_servers() -> Iterator[MailServers]:
    """Yield both, running; raises Missing where they cannot be had."""
    dovecot, smtpd = program("dovecot", "dovecot-imapd"), program("smtpd", "opensmtpd")
    if os.getuid() != 0:
        raise Missing("OpenSMTPD starts as root only")
    require_own_mounts()
    with own_folder() as folder:
        yield from _started(folder, dovecot, smtpd)


def _started(folder: Path, dovecot: str, smtpd: str) -> Iterator[MailServers]:
    servers = MailServers(free_port(), free_port())
    (folder / "mail").mkdir()
    shutil.chown(folder / "mail", OWNER, "nogroup")
    values = {"folder": folder, "owner": OWNER, "password": PASSWORD, "domain": DOMAIN}
    (folder / "dovecot.conf").write_text(DOVECOT.format(port=servers.imap_port, **values))
    (folder / "smtpd.conf").write_text(SMTPD.format(port=servers.smtp_port, **values))
    # OpenSMTPD's socket and queue lie at fixed places.
    start = "mount -t tmpfs tmpfs /run && mount -t tmpfs tmpfs /var/spool && mkdir -m 711 /var/spool/smtpd"
    start += f" && exec {smtpd} -d -f {folder / 'smtpd.conf'}"
    logs = folder / "dovecot.log", folder / "smtpd.log"
    with (
        running([dovecot, "-F", "-c", str(folder / "dovecot.conf")], logs[0]) as imap,
        running(
            ["unshare", "--mount", "sh", "-c", start],
            logs[1],
        ) as smtp,
    ):
        wait_for(imap, logs[0], lambda: listens(servers.imap_port), "Dovecot")
        wait_for(smtp, logs[1], lambda: listens(servers.smtp_port), "OpenSMTPD")
        yield servers
