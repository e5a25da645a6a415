"""The parts of access put together, for bootstrap and the command line."""

from __future__ import annotations

from dataclasses import dataclass

from access.accounts import Accounts
from access.credentials import Credentials
from access.ports import AccountStore, Record
from access.revocations import Revocations
from access.sessions import Sessions
from access.sign_in import SignIn
from access.terminals import FindTerminal, TerminalKeys
from access.tokens import Tokens
from core.clock import Clock


@dataclass(frozen=True, slots=True)
class Access:
    """Accounts, sessions, tokens and how to sign in; one for each process."""

    accounts: Accounts
    sessions: Sessions
    tokens: Tokens
    credentials: Credentials
    sign_in: SignIn
    revocations: Revocations


def access_services(
    store: AccountStore,
    record: Record,
    clock: Clock,
    wall: Clock,
    *,
    demo: bool,
    find_terminal: FindTerminal | None = None,
) -> Access:
    """`clock` is the city's (it dates the journal), `wall` the machine's (it ends sessions and locks).
    `demo` lets demo accounts and demo tokens in: true in a drill only. Without `find_terminal` no phone gets in."""
    accounts = Accounts(store, record, clock, wall)
    sessions = Sessions(store, accounts, record, clock, wall, demo=demo)
    tokens = Tokens(store, record, clock, wall, demo=demo)
    return Access(
        accounts,
        sessions,
        tokens,
        Credentials(sessions, tokens, TerminalKeys(find_terminal) if find_terminal else None),
        SignIn(store, accounts, sessions, record, clock, wall),
        Revocations(sessions, tokens),
    )
