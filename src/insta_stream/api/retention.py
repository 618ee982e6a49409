"""What the disk space is used for, and what of it is given back when."""

from collections.abc import Sequence

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from insta_stream.access.action import Action
from insta_stream.access.permission import Permission
from insta_stream.api import health_views, views
from insta_stream.api.acts import Doing, does
from insta_stream.api.permits import needs, router
from insta_stream.api.retention_schemas import Deletion, Deletions, Retention, Storage, TidyUp
from insta_stream.api.services import Held, Services
from insta_stream.api.wire import Reply, optional_moment
from insta_stream.retention import policy
from insta_stream.ticks import TICKS_PER_SECOND

routes = router("/api", "retention")


@routes.get("/storage", summary="What uses the disk space")
@needs(Permission.HEALTH_READ)
def storage(services: Held) -> Reply[Storage]:
    return Reply(message="", data=_storage(services))


@routes.get(
    "/retention", response_model=Reply[Retention], summary="What would be deleted now, and what later"
)
@needs(Permission.HEALTH_READ)
async def plan(services: Held) -> Response:
    return await run_in_threadpool(_report, services, await services.janitor.plan())


def _report(services: Services, planned: Sequence[policy.Deletion]) -> Response:
    rules, now = services.janitor.rules, services.clock.now()
    report = Retention(
        keep_deleted_seconds=rules.keep_deleted // TICKS_PER_SECOND,
        keep_originals=rules.keep_originals,
        storage=_storage(services),
        deletions=[_deletion(each, is_due=each.is_due(now)) for each in planned],
    )
    return views.as_response(Reply[Retention](message="", data=report))


@routes.post("/retention", summary="Delete now what is due, instead of within a minute")
@needs(Permission.RETENTION_MANAGE)
@does(Action.RETENTION_RUN)
async def tidy_up(services: Held, doing: Doing, body: TidyUp) -> Reply[Deletions]:
    done = await services.janitor.tidy_up(with_deleted=body.with_deleted)
    freed = sum(each.size_bytes for each in done)
    doing.tell(after={"deleted": [f"{each.kind}: {each.name}" for each in done], "freedBytes": freed})
    message = f"Deleted: {len(done)}." if done else "Nothing was due for deletion."
    deletions = [_deletion(each, is_due=True) for each in done]
    return Reply(message=message, data=Deletions(deletions=deletions, freed_bytes=freed))


def _deletion(planned: policy.Deletion, *, is_due: bool) -> Deletion:
    return Deletion(
        kind=planned.kind,
        id=planned.id,
        video=planned.video,
        name=planned.name,
        reason=planned.reason,
        message=policy.REASONS[planned.reason],
        due_at=optional_moment(planned.due),
        is_due=is_due,
        size_bytes=planned.size_bytes,
    )


def _storage(services: Services) -> Storage:
    return health_views.storage(services.library.disk_use())
