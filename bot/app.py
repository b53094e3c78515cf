"""The composition root: builds, starts and stops; the only module that sees everything."""

from collections.abc import Sequence

from bot.access import Access
from bot.commands import by_name
from bot.commands.modellists import ModelLists
from bot.commands.spec import Desk
from bot.delivery import Courier
from bot.domain.ports import Clock, Frontend, Providers, Stores
from bot.held import HeldSecrets
from bot.questions import Questions
from bot.router import Router
from bot.sessions import SessionManager
from bot.tasks import Tasks


def assemble(
    *,
    stores: Stores,
    providers: Providers,
    frontends: Sequence[Frontend],
    clock: Clock,
    access: Access,
    operator_name: str = "",
) -> Router:
    """Wire the application's own rooms together; no I/O."""
    by_frontend = {frontend.name: frontend for frontend in frontends}
    abilities = {name: frontend.abilities for name, frontend in by_frontend.items()}
    tasks = Tasks()
    courier = Courier(stores.turns, by_frontend, clock, tasks)
    questions = Questions(clock, abilities)
    sessions = SessionManager(
        stores=stores,
        providers=providers,
        frontends=by_frontend,
        courier=courier,
        questions=questions,
        clock=clock,
        tasks=tasks,
    )
    desk = Desk(
        stores=stores,
        providers=providers,
        clock=clock,
        runner=sessions,
        held=HeldSecrets(clock),
        models=ModelLists(stores.keys, providers, clock),
        commands=by_name(),
        abilities=abilities,
        operator_name=operator_name,
    )
    return Router(
        stores=stores,
        frontends=by_frontend,
        access=access,
        questions=questions,
        sessions=sessions,
        courier=courier,
        desk=desk,
        tasks=tasks,
    )
