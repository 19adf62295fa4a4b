"""Replies that officials begin from, in three languages."""

from flask import render_template, request

from fieldops.domain.roles import Right
from fieldops.errors import FieldOpsError
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.operations.change_replies import MOST_WORDS, ReplyText, save_reply
from fieldops.queries.replies import all_replies
from fieldops.queries.staff import active_departments
from fieldops.web.admin.room import Answer, blueprint, errors_of, save
from fieldops.web.form_fields import text_of, whole_of
from fieldops.web.protection import requires


@blueprint.get("/balasan")
@requires(Right.ADMINISTER)
def replies() -> str:
    """Show the replies, each with its form, and one for a new reply."""
    return _replies()


def _replies(error: FieldOpsError | None = None) -> str:
    session = db.session()
    return render_template(
        "admin/replies.html",
        replies=all_replies(session),
        departments=[(one.id, one.name) for one in active_departments(session)],
        form=request.form,
        errors=errors_of(error),
        most=MOST_WORDS,
    )


@blueprint.post("/balasan")
@requires(Right.ADMINISTER)
def reply_save() -> Answer:
    """Add or change a reply."""
    form = request.form
    return save(
        lambda session, by: save_reply(
            session,
            whole_of(form, "id", 1, 2**31 - 1, otherwise=0) or None,
            ReplyText(
                text_of(form, "name_id"),
                text_of(form, "name_en"),
                text_of(form, "words_id", most=MOST_WORDS),
                text_of(form, "words_en", most=MOST_WORDS),
                text_of(form, "words_jv", most=MOST_WORDS),
                whole_of(form, "department", 1, 2**31 - 1, otherwise=0) or None,
                bool(form.get("active")),
            ),
            by,
        ),
        _replies,
        _("Saved."),
        "admin.replies",
    )
