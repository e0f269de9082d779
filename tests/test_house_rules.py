"""The house rules, read from the syntax tree of the product. Each rule is shown to catch what breaks it."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from access_matrix import ROUTES
from cases import policy

ROOT: Final = Path(__file__).resolve().parent.parent
DOORS: Final = ("cases/web/", "cases/api/", "cases/admin/")
MAX_LINES: Final = 400
NOT_A_NAME: Final = frozenset({"utils.py", "helpers.py", "common.py", "services.py"})
AUDIENCES: Final = frozenset({"public", "staff", "partner", "signed", "ops"})

# Doors that read where there is no actor whose view could be asked: "path function" → why.
READS_WITHOUT_ACTOR: Final[dict[str, str]] = {
    "cases/web/health.py ready": "asks whether rules are published, and shows no row",
    "cases/web/auth.py get_user": "finds out who the actor is",
}
# Imports inside a function: "path function" → why.
LATE_IMPORTS: Final[dict[str, str]] = {}
# Verbs of the table whose code is still to come.
LATER: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True)
class Module:
    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source, self.path)

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        return {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    @property
    def is_door(self) -> bool:
        return self.path.startswith(DOORS)

    def place(self, node: ast.AST) -> str:
        """ "path function" of a node, as the allow-lists name it."""
        names = []
        while node in self.parents:
            node = self.parents[node]
            if isinstance(node, FUNCTIONS):
                names.append(node.name)
        return f"{self.path} {names[-1]}" if names else self.path

    def each(self, *kinds: type[ast.AST]) -> Iterator[ast.AST]:
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))


FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
Rule = Callable[[Module], Iterator[str]]


def product() -> list[Module]:
    files = sorted(path for folder in ("cases", "hotline") for path in (ROOT / folder).rglob("*.py"))
    return [Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")) for path in files]


PRODUCT: Final = product()


# --- rows, statuses, jobs ------------------------------------------------------------------------------------------


def doors_ask_what_may_be_seen(module: Module) -> Iterator[str]:
    """A door reaches rows only through `visible_to`."""
    if not module.is_door:
        return
    for node in module.each(ast.Attribute):
        if node.attr not in {"objects", "_default_manager", "_base_manager"}:
            continue
        if "visible_to" not in _called_on(module, node) and module.place(node) not in READS_WITHOUT_ACTOR:
            yield f"{module.place(node)} line {node.lineno}: .{node.attr} without .visible_to("


def _called_on(module: Module, node: ast.AST) -> Iterator[str]:
    """The methods called one after another on an expression: objects.a().b() gives a, b."""
    above = module.parents.get(node)
    while isinstance(above, ast.Attribute) or (isinstance(above, ast.Call) and above.func is node):
        if isinstance(above, ast.Attribute) and isinstance(module.parents.get(above), ast.Call):
            yield above.attr
        node, above = above, module.parents.get(above)


def statuses_move_in_lifecycle(module: Module) -> Iterator[str]:
    """Nobody but `lifecycle` writes a status."""
    if module.path in {"cases/domain/lifecycle.py"} or "/migrations/" in module.path:
        return
    for node in module.each(ast.Attribute, ast.Call):
        if isinstance(node, ast.Attribute) and node.attr == "status" and isinstance(node.ctx, ast.Store):
            yield f"{module.place(node)} line {node.lineno}: .status ="
        if isinstance(node, ast.Call) and _writes_status(node):
            yield f"{module.place(node)} line {node.lineno}: a status is written past lifecycle"


def _writes_status(call: ast.Call) -> bool:
    name = _name(call.func)
    if name == "update" and any(keyword.arg == "status" for keyword in call.keywords):
        return isinstance(call.func, ast.Attribute)
    if name in {"save", "bulk_update"}:
        named = (keyword.value for keyword in call.keywords if keyword.arg in {"update_fields", "fields"})
        return any(word == "status" for part in (*call.args, *named) for word in _words(part))
    return name == "setattr" and any(word == "status" for part in call.args[1:2] for word in _words(part))


def domain_enqueues_jobs(module: Module) -> Iterator[str]:
    """What happens later is a Job; Celery is told after the commit."""
    if not module.path.startswith("cases/domain/"):
        return
    for node in module.each(ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr in {"delay", "apply_async"}:
            yield f"{module.place(node)} line {node.lineno}: .{node.func.attr}( in the domain"


def admin_saves_no_status(module: Module) -> Iterator[str]:
    """The admin's own save and delete move nothing: verbs have buttons of their own."""
    if not module.path.startswith("cases/admin/"):
        return
    for function in module.each(*FUNCTIONS):
        if function.name not in {"save_model", "delete_model", "delete_queryset", "save_formset", "save_related"}:
            continue
        used = {_name(node) for node in ast.walk(function) if isinstance(node, ast.Attribute | ast.Name)}
        if used & {"lifecycle", "status", *(name.partition(".")[2] for name in policy.VERBS)}:
            yield f"{module.path} line {function.lineno}: {function.name} moves a status"


# --- verbs ---------------------------------------------------------------------------------------------------------


def verbs_stand_in_the_table(module: Module) -> Iterator[str]:
    """A verb is a line of `policy.VERBS`."""
    doors = (call for call in module.each(ast.Call) if _name(call.func) == "door" and call.args)
    named = ((word, call.lineno) for call in doors for word in _words(call.args[0]))
    for name, line in (*verbs_used(module), *named):
        if name not in policy.VERBS:
            yield f"{module.path} line {line}: {name} is not in policy.VERBS"


def verbs_used(module: Module) -> Iterator[tuple[str, int]]:
    """The verbs a module runs, and where: decorated, an inside job, a transaction of their own or of the admin."""
    for call in module.each(ast.Call):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        name = _name(call.func)
        if (name == "verb" and call.args) or (name == "running" and call.args):
            yield from ((word, call.lineno) for word in _words(call.args[0]))
        elif name == "inside" and "verb" in given:
            yield from ((word, call.lineno) for word in _words(given["verb"]))
        elif name == "in_transaction" and len(call.args) > 1:
            yield from ((word, call.lineno) for word in _words(call.args[1]))


def verbs_say_what_they_do(module: Module) -> Iterator[str]:
    """A public verb has a docstring: meaning, locks, refusals."""
    for function in module.each(*FUNCTIONS):
        decorated = any(isinstance(line, ast.Call) and _name(line.func) == "verb" for line in function.decorator_list)
        if decorated and not function.name.startswith("_") and not ast.get_docstring(function):
            yield f"{module.path} line {function.lineno}: {function.name} has no docstring"


# --- shape ---------------------------------------------------------------------------------------------------------


def migrations_import_no_models(module: Module) -> Iterator[str]:
    """A data migration reads the models as they were: `apps.get_model`, never the classes of today."""
    if "/migrations/" not in module.path:
        return
    for node in module.each(ast.ImportFrom):
        if (node.module or "").partition(".")[0] == "cases" and node.module != "cases.privacy.sealed":
            yield f"{module.path} line {node.lineno}: from {node.module} import"
    for function in module.each(*FUNCTIONS):
        if any(isinstance(node, ast.Name) and node.id == "cases" for node in ast.walk(function)):
            yield f"{module.path} line {function.lineno}: {function.name} uses classes of today"


def requests_open_no_transaction(module: Module) -> Iterator[str]:
    """Verbs open transactions; ATOMIC_REQUESTS would make every one of them not durable."""
    for node in module.each(ast.Assign, ast.AnnAssign, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else _assigned(node)
        for key, value in pairs:
            named = key is not None and "ATOMIC_REQUESTS" in (_name(key), *_words(key))
            if named and not (isinstance(value, ast.Constant) and not value.value):
                yield f"{module.path} line {node.lineno}: ATOMIC_REQUESTS"


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    for target in targets:
        yield target.slice if isinstance(target, ast.Subscript) else target, node.value


def files_are_named_by_concept(module: Module) -> Iterator[str]:
    """Name the thing."""
    if Path(module.path).name in NOT_A_NAME:
        yield f"{module.path}: name the thing it is about"


def files_are_short(module: Module) -> Iterator[str]:
    """A file that passes 400 lines becomes a package of the same name."""
    lines = module.source.count("\n") + 1
    if lines > MAX_LINES and "/migrations/" not in module.path:
        yield f"{module.path}: {lines} lines"


def imports_stand_on_top(module: Module) -> Iterator[str]:
    """What a module needs is seen at its head."""
    for function in module.each(*FUNCTIONS):
        for node in ast.walk(function):
            if isinstance(node, ast.Import | ast.ImportFrom) and module.place(node) not in LATE_IMPORTS:
                yield f"{module.place(node)} line {node.lineno}: an import inside a function"


def nobody_listens_to_signals(module: Module) -> Iterator[str]:
    """A rule has one home, and a signal hides it."""
    for node in module.each(ast.ImportFrom):
        if (node.module or "").endswith(".signals") or (node.module or "") == "django.dispatch":
            yield f"{module.path} line {node.lineno}: from {node.module} import"


def _name(node: ast.AST) -> str:
    """The last name of an expression: `a.b.c` and `c` give c."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _words(node: ast.AST) -> Iterator[str]:
    """The string constants of an expression."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


# Each rule with what breaks it: where it would stand, and how it would be written.
RULES: Final[dict[Rule, list[tuple[str, str]]]] = {
    doors_ask_what_may_be_seen: [
        ("cases/web/desk.py", "def page(request):\n    return Case.objects.filter(pk=1).first()"),
        ("cases/api/cases.py", "rows = Case.objects.all()\nseen = rows.visible_to(actor)"),
        ("cases/admin/case.py", "visible_to(Case._default_manager.all())"),
    ],
    statuses_move_in_lifecycle: [
        ("cases/domain/intake.py", "case.status = CaseStatus.CLOSED"),
        ("cases/web/desk.py", "request.case.status: str = 'closed'"),
        ("cases/domain/triage.py", "Case.objects.filter(pk=1).update(points=1, status='closed')"),
        ("cases/domain/triage.py", "case.save(update_fields=['points', 'status'])"),
        ("cases/domain/triage.py", "Case.objects.bulk_update(rows, ['status'])"),
        ("cases/domain/triage.py", "setattr(case, 'status', 'closed')"),
    ],
    domain_enqueues_jobs: [
        ("cases/domain/notifications.py", "tasks.deliver.delay(1)"),
        ("cases/domain/notifications.py", "deliver.apply_async(args=[1])"),
    ],
    admin_saves_no_status: [
        (
            "cases/admin/case.py",
            "class A:\n    def save_model(self, request, obj):\n        lifecycle.move(obj, 'closed')",
        ),
        ("cases/admin/case.py", "class A:\n    def delete_model(self, request, obj):\n        obj.status = 'closed'"),
        ("cases/admin/case.py", "class A:\n    def save_model(self, request, obj):\n        follow_up.close(obj)"),
    ],
    verbs_stand_in_the_table: [
        ("cases/domain/triage.py", "@verb('triage.invented')\ndef invented(*, by):\n    'Say.'"),
        ("cases/domain/triage.py", "@jobs.inside('clock', verb='triage.invented')\ndef invented(job): ..."),
        ("cases/domain/triage.py", "verbs.in_transaction(work, 'triage.invented', by)"),
        ("cases/web/triage.py", "@door('triage.invented')\ndef invented(request): ..."),
    ],
    verbs_say_what_they_do: [("cases/domain/triage.py", "@verb('triage.rescore')\ndef rescore(case, *, by): ...")],
    migrations_import_no_models: [
        ("cases/migrations/0009_fill.py", "from cases.models import Case"),
        ("cases/migrations/0009_fill.py", "import cases.models\ndef fill(apps, editor):\n    cases.models.Case()"),
    ],
    requests_open_no_transaction: [
        ("hotline/settings.py", "ATOMIC_REQUESTS = True"),
        ("hotline/settings.py", "DATABASES = {'default': {'ATOMIC_REQUESTS': env.bool('X')}}"),
        ("hotline/settings.py", "DATABASES['default']['ATOMIC_REQUESTS'] = True"),
    ],
    files_are_named_by_concept: [("cases/domain/utils.py", ""), ("cases/web/services.py", "")],
    files_are_short: [("cases/domain/intake.py", "x = 1\n" * MAX_LINES)],
    imports_stand_on_top: [("cases/domain/intake.py", "def late():\n    from cases.models import Case")],
    nobody_listens_to_signals: [
        ("cases/apps.py", "from django.db.models.signals import post_save"),
        ("cases/apps.py", "from django.dispatch import receiver"),
    ],
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    assert [broken for module in PRODUCT for broken in rule(module)] == []


@pytest.mark.parametrize(
    ("rule", "path", "source"), [(rule, *control) for rule, controls in RULES.items() for control in controls]
)
def test_the_rule_catches_what_breaks_it(rule: Rule, path: str, source: str) -> None:
    assert len(list(rule(Module(path, source)))) == 1


@pytest.mark.parametrize(
    ("rule", "path", "source"),
    [
        (doors_ask_what_may_be_seen, "cases/web/desk.py", "Case.objects.visible_to(actor).filter(pk=1)"),
        (doors_ask_what_may_be_seen, "cases/web/desk.py", "Case.objects.open().visible_to(actor)[:10]"),
        (doors_ask_what_may_be_seen, "cases/domain/triage.py", "Case.objects.all()"),
        (statuses_move_in_lifecycle, "cases/domain/lifecycle.py", "row.status = to"),
        (statuses_move_in_lifecycle, "cases/domain/intake.py", "Call.objects.create(status='completed')"),
        (requests_open_no_transaction, "hotline/settings.py", "ATOMIC_REQUESTS = False"),
        (migrations_import_no_models, "cases/migrations/0001_tables.py", "import cases.privacy.sealed"),
    ],
)
def test_the_rule_lets_pass_what_keeps_it(rule: Rule, path: str, source: str) -> None:
    assert list(rule(Module(path, source))) == []


# --- the tables are whole and hold nothing that is gone --------------------------------------------------------------


def test_every_verb_of_the_table_is_used_somewhere() -> None:
    used = {name for module in PRODUCT for name, _ in verbs_used(module)}

    assert set(policy.VERBS) - used - LATER == set()
    assert LATER & used == set()


def test_the_allow_lists_hold_nothing_that_is_gone() -> None:
    functions = {f"{module.path} {function.name}" for module in PRODUCT for function in module.each(*FUNCTIONS)}

    assert {*READS_WITHOUT_ACTOR, *LATE_IMPORTS} - functions == set()


def routes(resolver: URLResolver, namespaces: tuple[str, ...] = (), prefix: str = "") -> Iterator[str]:
    """Every route under a resolver: its name with its namespaces, or its pattern when it has no name."""
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from routes(entry, inner, pattern)
        elif isinstance(entry, URLPattern):
            yield ":".join((*namespaces, entry.name)) if entry.name else pattern


def undeclared(found: set[str], declared: dict[str, str]) -> list[str]:
    """What the access matrix lacks, and what it holds though it is gone."""
    lacking = [f'"{name}": "?",' for name in sorted(found - set(declared))]
    return lacking + [f"gone: {name}" for name in sorted(set(declared) - found)]


def test_every_route_is_declared_in_the_access_matrix() -> None:
    assert undeclared(set(routes(get_resolver())), ROUTES) == []
    assert set(ROUTES.values()) <= AUDIENCES


def test_the_access_matrix_notices_what_is_undeclared_and_what_is_gone() -> None:
    assert undeclared({"home", "desk"}, {"home": "public", "board": "staff"}) == ['"desk": "?",', "gone: board"]
