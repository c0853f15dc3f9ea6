"""The fleet's side of Crosstalk's guard, for Locust 2.12 and later.

Put this file beside your locustfile and write in it

    import crosstalk_guard

on the master and on every worker. Until a Crosstalk session takes the fleet it does nothing.
From then on no worker sends anything without a permit: Crosstalk renews it several times a
second, it lasts about two seconds, and a worker whose permit has lapsed, whoever died, ends its
users at once. A permit that has lapsed is never renewed: a person goes on in Crosstalk, which
then begins a new one. Workers also refuse hosts and addresses that the session does not allow,
and both sides hold its caps of users and of requests a second.
"""

import logging
import math
import socket
import sys
import time
from urllib.parse import urlsplit

import gevent
import gevent.lock
import gevent.socket
import locust.runners
import requests
from flask import g, has_request_context, jsonify, request
from gevent import Greenlet, GreenletExit, getcurrent
from gevent.event import Event
from gevent.pool import Group
from locust import events
from locust.clients import HttpSession
from locust.dispatch import UsersDispatcher
from locust.exception import StopUser
from locust.runners import STATE_CLEANUP, MasterRunner, WorkerRunner
from locust.stats import StatsError
from locust.user.task import LOCUST_STATE_RUNNING, LOCUST_STATE_STOPPING

try:
    from locust.contrib.fasthttp import FastHttpSession, LocustUserAgent
except ImportError:
    FastHttpSession = LocustUserAgent = None

PROTOCOL = 4
WATCH_EVERY = 0.05  # seconds between two looks at the lease
REPORT_EVERY = 0.2  # seconds between a worker's reports while anything happens
AGAIN_EVERY = 0.5  # seconds until a stop that a worker has not confirmed is sent again
INSIST_EVERY = 1.0  # seconds between two words to a user who does not come to an end
AT_A_TIME = 100  # users that are spawned without looking at anything else
RESOLVE_EVERY = 30.0  # seconds that a host's addresses are believed
GONE_AFTER = 3.0  # seconds of silence after which a worker is taken for gone: its permit has lapsed
FINISH_WITHIN = 10.0  # seconds that a user who is taken away has for the request that is on its way
SURPLUS_AFTER = 1.0  # seconds that a worker may have more users than it ought to, or than its share
BEHIND = 0.1  # seconds of the cap that a worker which stood still may make up for
SAY_EVERY = 10.0  # seconds between two words of a trouble that stays
MOST_ROWS = 500  # steps of one level that are told one by one
MOST_LEVELS = 50  # the newest, whose requests are kept apart
MOST_ERRORS = 40  # different texts of errors of one step
REST = "(further steps)"

logger = logging.getLogger("crosstalk_guard")


class Lease:
    """What a node may do, and until when. It has lapsed when either clock is past its end: a
    monotonic clock stands still while a machine sleeps, and a wall clock can be set back."""

    def __init__(self):
        self.claimed = False
        self.epoch = 0  # of the newest permit; grows
        self.shut = 0  # the epoch that was stopped or has lapsed
        self.why = ""
        self.mono = 0.0
        self.wall = 0.0
        self.order = 0
        self.share = 0  # users that this worker may have at most
        self.room = 0  # users here, with those who leave, so that the whole fleet keeps to the cap
        self.users = 0
        self.rps = 0.0
        self.hosts = []
        self.forbidden = []
        self.tag = None  # what requests sent now belong to: session, level, whether that many run as are asked for

    def renew(self, m):
        """Takes a permit in. False, and nothing has changed, if its epoch is over."""
        self.look()
        if m["epoch"] < self.epoch or m["epoch"] <= self.shut:
            return False
        self.claimed = True
        self.epoch = m["epoch"]
        self.mono = time.monotonic() + m["ttl"]
        self.wall = time.time() + m["ttl"]
        self.order = m["order"]
        self.users = m["users"]
        self.share = m.get("share", m["users"])
        self.room = m.get("room", m["users"])
        self.rps = m["rps"]
        self.hosts = m["hosts"] or []
        self.forbidden = m["forbidden"] or []
        self.tag = (m["session"], m["level"], bool(m["held"]))
        return True

    def close(self, epoch, why):
        """Ends an epoch for good. True if it was still open."""
        was = epoch > self.shut
        if was:
            self.shut, self.why = epoch, why
        self.claimed = True
        self.epoch = max(self.epoch, epoch)
        return was

    def free(self):
        """Lets Locust be as it was before any session."""
        self.claimed, self.tag = False, None

    def look(self):
        """Closes an epoch whose time is over. True in the moment that this happens."""
        if not self.claimed or self.epoch <= self.shut:
            return False
        if time.monotonic() < self.mono and time.time() < self.wall:
            return False
        return self.close(self.epoch, "lapsed")

    def open(self):
        self.look()
        return not self.claimed or self.epoch > self.shut


lease = Lease()


class Book:
    """Counts what has ended, by level and step. A request belongs to the level that its worker
    was told of when it was sent."""

    def __init__(self):
        self.rows = {}
        self.sizes = {}  # (level, held): rows
        self.seq = 0

    def add(self, level, held, method, name, requests=0, failures=0, times=None, errors=None):
        key = (level, held, method, name)
        row = self.rows.get(key)
        if row is None:
            size = self.sizes.get((level, held), 0)
            if size >= MOST_ROWS:  # names with numbers in them have no end
                key = (level, held, "", REST)
                row = self.rows.get(key)
            if row is None:
                row = {"level": level, "held": held, "method": key[2], "name": key[3]}
                row.update(requests=0, failures=0, times={}, errors={}, seq=0)
                self.rows[key] = row
                self.sizes[(level, held)] = size + 1
        self.seq += 1
        row["seq"] = self.seq
        row["requests"] += requests
        row["failures"] += failures
        for ms, n in (times or {}).items():
            row["times"][ms] = row["times"].get(ms, 0) + n
        for text, n in (errors or {}).items():
            if text not in row["errors"] and len(row["errors"]) >= MOST_ERRORS:
                text = "other"
            row["errors"][text] = row["errors"].get(text, 0) + n

    def forget(self, level):
        """Drops what belongs to levels before this one."""
        if any(k[0] < level for k in self.rows):
            self.rows = {k: r for k, r in self.rows.items() if k[0] >= level}
            self.sizes = {k: n for k, n in self.sizes.items() if k[0] >= level}

    def take(self):
        """Returns all rows, and begins anew."""
        rows = list(self.rows.values())
        self.rows, self.sizes = {}, {}
        return rows


def rounded(ms):
    """Locust's own two digits."""
    if ms < 100:
        return str(round(ms))
    if ms < 1000:
        return str(round(ms, -1))
    return str(round(ms, -2 if ms < 10000 else -3))


class Gate:
    """The way of every request out of a worker."""

    def __init__(self):
        self.in_flight = 0
        self.sent = 0
        self.cancelled = 0  # taken back in flight
        self.touched = 0.0  # time.monotonic() when something was sent, ended, or a user ended
        self.refused = {}  # host: times
        self.next = 0.0  # when the cap lets the next request out
        self.line = {}  # requests that wait for that, in their order
        self.usher = None
        self.addresses = {}  # (host, port): (when, set of addresses)
        self.workers = 1
        self.users = ()  # groups of the greenlets that are users

    def leave(self):
        """Ends the user who asks. Not by StopUser, which is an Exception: a locustfile that catches
        those would count a request that was never sent, or ask again for ever and let nobody else
        have a turn. Who catches all there is at least lets the others go on. And who is no user,
        but a helper of the locustfile, Locust or this plug-in, is refused and goes on."""
        if self.of_user(getcurrent()):
            gevent.sleep(0)
            raise GreenletExit()
        gevent.sleep(WATCH_EVERY)  # a helper that asks again at once leaves the others their turn
        raise ConnectionRefusedError("crosstalk: no permit")

    def of_user(self, g):
        """Tells whether a greenlet is a user, or was begun by one: what a user has begun ends as
        the user does, or it would send under the next permit, when nobody counts it."""
        while isinstance(g, Greenlet):
            if getattr(g, "crosstalk_user", False) or any(g in group for group in self.users):
                return True
            begun_by = g.spawning_greenlet
            if begun_by is None:
                return False  # gevent was told not to remember
            g = begun_by()
            if g is None:
                return True  # who began it is gone, which helpers of the process do not go before it
        return False

    def pass_(self, url):
        """Raises unless a request may go there now."""
        if not lease.claimed:
            return
        if not lease.open():
            self.leave()
        host = place(url)
        if host not in lease.hosts or host in lease.forbidden:
            self.refuse(host)

    def cost(self):
        """Seconds between two requests of this worker under the cap; 0 without one."""
        return self.workers / lease.rps if lease.claimed and lease.rps > 0 else 0.0

    def owe(self):
        """Counts one request against the cap."""
        cost = self.cost()
        if cost:
            self.next = max(self.next, time.monotonic()) + cost

    def wait(self):
        """Waits for this request's turn under the cap of requests a second. Nobody measures it,
        and who is ended in the line has taken nobody's turn."""
        me = getcurrent()
        if isinstance(sys.exc_info()[1], (StopUser, GreenletExit)):
            me.crosstalk_ending = True  # in its on_stop, which may log out while there is time
            if time.monotonic() >= getattr(me, "crosstalk_deadline", math.inf):
                self.leave()
        elif getattr(me, "crosstalk_over", False):
            self.leave()
        if self.cost() and (self.line or self.next > time.monotonic()):
            turn = Event()
            self.line[turn] = True
            if self.usher is None or self.usher.ready():
                self.usher = gevent.spawn(self.let_in)
            try:
                turn.wait()
            finally:
                self.line.pop(turn, None)
        else:
            self.owe()
        if not lease.open():
            self.leave()

    def let_in(self):
        """Lets those who wait go on, one by one."""
        while self.line:
            now, cost = time.monotonic(), self.cost()
            if cost and self.next > now:
                gevent.sleep(min(self.next - now, WATCH_EVERY))  # the cap's share may change meanwhile
                continue
            turn = next(iter(self.line))
            self.line.pop(turn)
            turn.set()
            if cost:
                self.next = max(self.next, now - BEHIND) + cost

    def refuse(self, host):
        if host in self.refused or len(self.refused) < 200:
            self.refused[host] = self.refused.get(host, 0) + 1
        raise ConnectionRefusedError("crosstalk: load may not reach " + host)

    def connect(self, address):
        """Lets connections through to the addresses of allowed hosts only."""
        if not lease.claimed or not isinstance(address, tuple):
            return
        if not lease.open():
            raise ConnectionRefusedError("crosstalk: no permit")
        there = (address[0], address[1])
        if any(there in self.resolved(h) for h in lease.forbidden):
            self.refuse("%s:%d, which production's checks use" % there)
        if not any(there in self.resolved(h) for h in lease.hosts):
            self.refuse("%s:%d" % there)

    def resolved(self, host):
        now = time.monotonic()
        known = self.addresses.get(host)
        if known and now - known[0] < RESOLVE_EVERY:
            return known[1]
        name, _, port = host.rpartition(":")
        try:
            found = socket.getaddrinfo(name.strip("[]"), int(port), type=socket.SOCK_STREAM)
        except OSError:
            found = []
        addresses = {(f[4][0], f[4][1]) for f in found}
        if not addresses and known:  # a name server's bad moment takes nothing away
            addresses = known[1]
        self.addresses[host] = (now, addresses)
        return addresses

    def send(self, call, *args, **kwargs):
        """Counts a request while it is in flight."""
        me = getcurrent()
        me.crosstalk_tag = lease.tag
        me.crosstalk_sending = getattr(me, "crosstalk_sending", 0) + 1
        self.in_flight += 1
        self.sent += 1
        self.touched = time.monotonic()
        try:
            return call(*args, **kwargs)
        except GreenletExit:
            self.cancelled += 1
            raise
        finally:
            me.crosstalk_sending -= 1
            self.in_flight -= 1
            self.touched = time.monotonic()


gate = Gate()


def watch(look):
    """Looks again and again. What goes wrong once must not end the looking: it is what ends the
    load."""
    said = -SAY_EVERY
    while True:
        try:
            look()
        except Exception:
            if time.monotonic() - said >= SAY_EVERY:
                said = time.monotonic()
                logger.exception("crosstalk: a look at the lease went wrong, and is taken again")
        gevent.sleep(WATCH_EVERY)


def end(group, greenlets):
    """Ends users of a group, also those who are at it already: Group.kill passes them by, and an
    on_stop that hangs needs another word."""
    for g in greenlets:
        group.dying.add(g)
        g.kill(block=False)


def place(url):
    """host:port of a URL, in lower case."""
    u = urlsplit(url)
    host = (u.hostname or "").lower()
    if ":" in host:
        host = "[" + host + "]"
    return "%s:%d" % (host, u.port or (443 if u.scheme == "https" else 80))


def guard_requests():
    """Puts the gate before requests, before geventhttpclient, and before every connection. The
    cap is waited for before Locust starts its clock; a redirect's hop is paid for afterwards."""

    def paced(kind, sender):
        ask = kind.request

        def guarded_request(self, *args, **kwargs):
            gate.wait()
            sender(self).crosstalk_paid = True
            return gate.send(ask, self, *args, **kwargs)

        kind.request = guarded_request

    def pay(sender):
        if sender.__dict__.pop("crosstalk_paid", False):
            return
        gate.owe()

    send = requests.Session.send

    def guarded_send(self, prepared, **kwargs):
        measured = isinstance(self, HttpSession)
        try:
            if measured:
                pay(self)
            else:
                gate.wait()
            gate.pass_(prepared.url)
        except ConnectionRefusedError as e:
            raise requests.exceptions.ConnectionError(str(e)) from None
        if measured:
            return send(self, prepared, **kwargs)
        return gate.send(send, self, prepared, **kwargs)

    requests.Session.send = guarded_send
    paced(HttpSession, lambda session: session)

    if LocustUserAgent is not None:
        urlopen = LocustUserAgent._urlopen

        def guarded_urlopen(self, req, *args, **kwargs):
            pay(self)
            gate.pass_(req.url)
            return urlopen(self, req, *args, **kwargs)

        LocustUserAgent._urlopen = guarded_urlopen
        paced(FastHttpSession, lambda session: session.client)

    for name in ("connect", "connect_ex"):
        real = getattr(gevent.socket.socket, name)

        def guarded_connect(self, address, real=real):
            gate.connect(address)
            return real(self, address)

        setattr(gevent.socket.socket, name, guarded_connect)


class Worker:
    """Ends this worker's users when their permit ends, and tells the master how it goes."""

    def __init__(self, runner):
        self.runner = runner
        self.told = None
        self.told_at = 0.0
        self.book = Book()
        self.book_of = ""  # the session that it is of
        self.settler = None
        self.leaving = Group()  # users who were taken away and are not gone yet
        gate.users = (runner.user_greenlets, self.leaving)
        self.struck = 0  # the epoch with whose end all users were ended last
        self.struck_at = 0.0  # and when, time.monotonic()
        self.ordered = 0  # users of the newest order to spawn
        self.waiting = 0  # of these, who are not spawned yet because others are still leaving
        self.ought = None  # users that should run here, as heard last; None: nobody says
        self.over = 0.0  # since when more run, time.monotonic(); 0: no more do
        spawn, stop, begin = runner.spawn_users, runner.stop_users, runner.start_worker

        def guarded_spawn(counts, *args, **kwargs):
            """Spawns a few at a time: a thousand in one go would stand still for longer than a
            permit lasts. Where others are still leaving, whoever has no room waits for them. And
            nobody is spawned by an order that was on its way when it ended."""
            users = []
            if lease.claimed and lease.open():
                counts = {kind: n - self.keep(kind, n) for kind, n in counts.items()}
            left = sum(counts.values())
            try:
                for kind, n in counts.items():
                    while n > 0 and lease.open():
                        some = min(n, AT_A_TIME, self.room())
                        if some > 0:
                            new = spawn({kind: some}, *args, **kwargs)
                            for user in new:
                                user.greenlet.crosstalk_user = True
                            users += new
                            n, left = n - some, left - some
                        self.waiting = 0 if some > 0 else left
                        gevent.sleep(0 if some > 0 else WATCH_EVERY)
            finally:
                self.waiting = 0
            return users

        def guarded_stop(counts, *args, **kwargs):
            """Takes users away in the way of a session; a stop, and whoever is no session, in Locust's."""
            if runner.state == STATE_CLEANUP:
                end(self.leaving, list(self.leaving))
            if not lease.claimed or not lease.open() or runner.state == STATE_CLEANUP:
                return stop(counts, *args, **kwargs)
            for kind, n in counts.items():
                self.part(self.of(kind)[:n])
            return None

        def guarded_start(counts, *args, **kwargs):
            self.ordered = self.ought = sum(counts.values())
            if lease.claimed and lease.open():
                for kind, n in counts.items():  # first of all: whoever is spawned may wait for their room
                    self.part(self.of(kind)[n:])
            return begin(counts, *args, **kwargs)

        runner.spawn_users, runner.stop_users, runner.start_worker = guarded_spawn, guarded_stop, guarded_start

    def of(self, kind):
        """The users of a class who run here."""
        user = self.runner.user_classes_by_name[kind]
        return [g for g in self.runner.user_greenlets if g.args and type(g.args[0]) is user]

    def room(self):
        """How many may be spawned now."""
        if not lease.claimed:
            return AT_A_TIME
        return lease.room - self.runner.user_count - len(self.leaving)

    def part(self, greenlets):
        """Takes users away. One whose request is on its way ends when that is over, before the
        next one, also where Locust has a --stop-timeout for whole tasks: nobody counts what it
        sends. Others end now. Locust counts neither any more: its next order is of those who stay."""
        until = time.monotonic() + FINISH_WITHIN
        for g in greenlets:
            if not g.args:
                continue  # it has just ended
            user = g.args[0]
            self.runner.user_greenlets.discard(g)
            self.leaving.add(g)
            user._group = self.leaving
            g.crosstalk_over, g.crosstalk_deadline, g.crosstalk_until = True, until, until
            if getattr(g, "crosstalk_sending", 0):
                user._state = LOCUST_STATE_STOPPING
            else:
                self.leaving.killone(g, block=False)

    def keep(self, kind, n):
        """Keeps up to so many of those who still finish their request, rather than to spawn others
        beside them: together they would be more than the cap. Returns how many."""
        user, stay = self.runner.user_classes_by_name[kind], self.runner.user_greenlets
        kept = 0
        for g in list(self.leaving):
            if kept == n:
                break
            ending = g in self.leaving.dying or getattr(g, "crosstalk_ending", False)
            if ending or not g.args or type(g.args[0]) is not user or not getattr(g, "crosstalk_sending", 0):
                continue
            kept += 1
            self.leaving.discard(g)
            stay.add(g)
            g.args[0]._group, g.args[0]._state = stay, LOCUST_STATE_RUNNING
            g.crosstalk_over, g.crosstalk_deadline, g.crosstalk_until = False, math.inf, math.inf
        return kept

    def see_off(self):
        """Ends those who were taken away and do not come to an end: when their time is over, and
        again each second. From then on they send nothing, whatever their on_stop wants."""
        now = time.monotonic()
        for g in list(self.leaving):
            if now >= getattr(g, "crosstalk_until", math.inf):
                g.crosstalk_until = now + INSIST_EVERY
                end(self.leaving, [g])

    def hold(self):
        """Keeps this worker to its share of the cap, and to what the master wants of it: an order
        to have fewer may be lost on its way. It may also just be late, behind the permit that
        tells of a smaller share; and whoever is taken away finishes the request."""
        users = self.runner.user_greenlets
        most = lease.share if self.ought is None else min(lease.share, self.ought)
        if len(users) <= most:
            self.over = 0.0
        elif not self.over:
            self.over = time.monotonic()
        elif time.monotonic() - self.over > SURPLUS_AFTER:
            self.over = 0.0
            if self.ordered > most:
                self.stop_spawning()
            self.part(list(users)[most:])

    def ended(self, request_type, name, response_time, exception=None, **kwargs):
        """Counts a request that has ended, whoever sent it."""
        greenlet = getcurrent()
        tag = getattr(greenlet, "crosstalk_tag", None) or lease.tag
        greenlet.crosstalk_tag = None
        if tag is None:
            return
        if tag[0] != self.book_of:
            self.book_of = tag[0]
            self.book.take()
        times = {} if response_time is None else {rounded(response_time): 1}
        errors = {} if exception is None else {StatsError.parse_error(exception)[:300]: 1}
        self.book.add(tag[1], tag[2], request_type, name, 1, len(errors), times, errors)

    def hand_in(self, client_id, data, **kwargs):
        data["crosstalk"] = {"session": self.book_of, "rows": self.book.take()}

    def permit(self, environment, msg, **kwargs):
        gate.workers = max(1, msg.data["workers"])
        fresh = msg.data["epoch"] > lease.epoch or not lease.claimed
        if not lease.renew(msg.data):
            return
        self.ought = msg.data.get("ought")
        if fresh:
            gate.next = 0.0  # what users of another time owed is over
            self.report(True)  # the master waits for it: only then there are users

    def stop(self, environment, msg, **kwargs):
        if lease.close(msg.data["epoch"], msg.data["why"]):
            self.end_users()
        self.report(True)

    def release(self, environment, msg, **kwargs):
        if msg.data["epoch"] >= lease.epoch:
            lease.free()

    def end_users(self):
        """Not by Locust's own stop: that one waits for tasks, and this must not. Who has been
        told so before is told again with every stop, and each second: an on_stop may send, and hang."""
        ran = self.runner.user_count > 0 or len(self.leaving) > 0 or gate.in_flight > 0
        self.stop_spawning()
        now = time.monotonic()
        again = lease.shut > self.struck or now - self.struck_at >= INSIST_EVERY
        if again:
            self.struck, self.struck_at = lease.shut, now
        for group in (self.runner.user_greenlets, self.leaving):
            end(group, [g for g in group if again or g not in group.dying])
        if not ran:
            self.flush()
        elif self.settler is None or self.settler.ready():
            self.settler = gevent.spawn(self.settle)

    def stop_spawning(self):
        spawning = self.runner.spawning_greenlet
        if spawning is not None and not spawning.ready():
            spawning.kill(block=False)

    def settle(self):
        """Hands the last numbers in as soon as the last user has ended, and then says so."""
        self.runner.user_greenlets.join()
        self.leaving.join()
        gate.touched = time.monotonic()
        while gate.in_flight > 0 and not lease.open():  # of greenlets that users have spawned
            gevent.sleep(0.01)
        self.flush()
        self.report(True)

    def flush(self):
        try:
            self.runner._send_stats()
        except Exception:  # the master is away: the lease is what counts
            pass

    def look(self):
        if lease.look() or not lease.open() and (self.runner.user_count or len(self.leaving)):
            self.end_users()
        elif lease.claimed:
            self.hold()
        self.see_off()
        self.report(False)

    def report(self, now):
        users, leaving, mono = self.runner.user_count, len(self.leaving), time.monotonic()
        if not lease.open():
            users, leaving = users + leaving, 0  # a stop is over when they are gone, too
        r = {
            "protocol": PROTOCOL,
            "users": users,
            "leaving": leaving,
            "waiting": self.waiting,
            "in_flight": gate.in_flight,
            "sent": gate.sent,
            "cancelled": gate.cancelled,
            "epoch": lease.epoch if lease.claimed else 0,
            "shut": lease.shut,
            "why": lease.why,
            "refused": dict(gate.refused),
            "cpu": self.runner.current_cpu_usage,
        }
        since = mono - self.told_at
        if not now and not (r != self.told and since >= REPORT_EVERY) and since < 1.0:
            return
        # By this worker's own clock: what a message needs to arrive is no part of it.
        idle = 0.0 if users or len(self.leaving) or gate.in_flight else mono - gate.touched
        try:
            self.runner.send_message("crosstalk_report", dict(r, idle=idle))
        except Exception:  # the master is away: the lease is what counts
            pass
        self.told, self.told_at = r, mono


def keep_listening(master):
    """Drops what a worker that the master has just removed says about its users. Locust looks
    such a worker up without asking whether it is there, and the error ends the greenlet that
    listens to all workers: after a stop in the midst of spawning the master is deaf for good.
    And no worker is told to spawn that has not confirmed the session's permit, nor numbers of
    anybody but the session: those of a climb that began before it, or that a person has stopped.
    A worker drops an order whose time is not later than that of the order before, so that orders
    get times that rise, also where the clock is set back."""
    server = type(master.runner.server)
    receive, send = server.recv_from_client, server.send_to_client

    def known(self):
        while True:
            client_id, msg = receive(self)
            if msg.type == "quit":
                master.reports.pop(msg.node_id, None)
            if msg.type not in ("spawning", "spawning_complete") or msg.node_id in master.runner.clients:
                return client_id, msg

    def permitted(self, msg):
        if msg.type == "spawn":
            if lease.claimed and not (lease.open() and master.fit(msg.node_id) and master.meant(msg)):
                return None
            master.stamp = max(master.stamp + 1e-6, msg.data["timestamp"])
            msg.data["timestamp"] = master.stamp
        return send(self, msg)

    server.recv_from_client, server.send_to_client = known, permitted


class Master:
    """Serves Crosstalk, hands its permits on, and holds the caps of the fleet."""

    def __init__(self, environment):
        self.environment = environment
        self.runner = environment.runner
        self.reports = {}  # worker's id: its newest report
        self.heard = {}  # worker's id: when that came, time.monotonic()
        self.met = set()  # ids of workers that have been Locust's at this master
        self.outside = {}  # id of a worker with users that Locust does not know: since when
        self.session = ""
        self.permitted = {}  # the newest permit
        self.opened = 0  # the first epoch of those that no stop has parted
        self.book = Book()
        self.want = 0  # users that are dispatched: the newest order, or what a loss has left of it
        self.hands = 0  # how often somebody else set or stopped users
        self.hand = {"what": "", "users": 0}
        self.dispatcher = None
        self.spread = frozenset()  # ids of the workers that it dispatches to
        self.starter = None
        self.turn = gevent.lock.RLock()
        self.again = 0.0
        self.stamp = 0.0  # of the newest order to spawn
        self.start, self.halt = self.runner.start, self.runner.stop
        self.runner.start, self.runner.stop = self.on_start, self.on_stop

    def serve(self, web_ui):
        guarded = getattr(web_ui, "auth_required_if_enabled", lambda view: view)
        base = "/" + (getattr(self.environment.parsed_options, "web_base_path", "") or "").strip("/")
        for path, view, methods in (
            ("state", self.state, ["GET"]),
            ("permit", self.permit, ["POST"]),
            ("stop", self.stop, ["POST"]),
            ("release", self.release, ["POST"]),
            ("stats", self.stats, ["GET"]),
        ):
            rule = base.rstrip("/") + "/crosstalk/" + path
            web_ui.app.add_url_rule(rule, "crosstalk_" + path, guarded(view), methods=methods)
        web_ui.app.before_request(self.before_order)
        web_ui.app.after_request(self.after_order)

    # Who sets users, and who stops them.

    def before_order(self):
        """Tells the session's own orders from those of others. One that was given before the
        session has heard of somebody else's is refused: it would undo what a person did."""
        ours = lease.claimed and request.headers.get("X-Crosstalk-Session") == self.session
        g.crosstalk_foreign = lease.claimed and not ours
        if ours and request.path.endswith("/swarm") and request.headers.get("X-Crosstalk-Hands") != str(self.hands):
            return jsonify(success=False, message="crosstalk: somebody else was here", host="")
        return None

    def after_order(self, response):
        swarm = request.method == "POST" and request.path.endswith("/swarm")
        if swarm and getattr(g, "crosstalk_foreign", False) and response.status_code == 200:
            try:
                self.somebody("swarm", int(request.form["user_count"]))
            except (KeyError, ValueError):
                pass
        return response

    def somebody(self, what, users):
        self.hands += 1
        self.hand = {"what": what, "users": users}

    def on_start(self, user_count, spawn_rate, *args, **kwargs):
        """In the place of the runner's own start, which a page, a key or Locust itself calls."""
        if not lease.claimed:
            return self.start(user_count, spawn_rate, *args, **kwargs)
        by_page = getcurrent() is getattr(self.environment.web_ui, "_swarm_greenlet", None)
        if not by_page:
            if user_count == self.runner.target_user_count:
                return None  # Locust shares users out anew: that is done in spread_out
            self.somebody("swarm", user_count)
        self.go(min(user_count, lease.order) if lease.open() else 0, spawn_rate)
        return None

    def on_stop(self, *args, **kwargs):
        """In the place of the runner's own stop."""
        if lease.claimed:
            if has_request_context():
                self.somebody("stop", 0)
            elif self.want > 0:
                self.somebody("end", 0)
            self.ground()
        return self.halt(*args, **kwargs)

    # How many users are where.

    def silent(self, worker):
        return time.monotonic() - self.heard.get(worker, 0.0) > GONE_AFTER

    def everyone(self):
        """All workers that could be sending: also those that Locust leaves out for a moment."""
        return set(self.runner.clients) | {w for w in self.reports if not self.silent(w)}

    def stray(self, worker):
        """Tells whether a worker is of a master before this one: Locust cannot give it numbers."""
        return worker in self.reports and worker not in self.met and worker not in self.runner.clients

    def numbers(self, worker):
        """How many users of which class a worker has been given; None: it is no part of it."""
        return getattr(self.dispatcher, "_users_on_workers", {}).get(worker)

    def meant(self, msg):
        """Tells whether an order to spawn is of the session's own numbers as they are now."""
        return self.numbers(msg.node_id) == msg.data["user_classes_count"]

    def ought(self, worker):
        """How many users a worker should have; None while they are being shared out."""
        if self.dispatcher is not None and self.dispatcher._dispatcher_generator is None:
            return None
        return sum((self.numbers(worker) or {}).values())

    def had(self, workers):
        """How many users workers have got by their orders: also those who wait for room there."""
        return sum(self.reports[w]["users"] + self.reports[w].get("waiting", 0) for w in workers)

    def rooms(self):
        """How many users each worker may have with those who leave it, so that all of them
        together are never more than the cap: what it has of that, the others do not have, and
        will not have by their orders. One that has just joined waits until others have left.
        What one that is silent told last has ended with its permit: Locust keeps it for a minute."""
        most = {}
        for w in self.everyone():
            r = {} if self.silent(w) else self.reports.get(w, {})
            users = max(r.get("users", 0), sum((self.numbers(w) or {}).values()))
            most[w] = users + r.get("leaving", 0)
        free = self.permitted["users"] - sum(most.values())
        return {w: max(0, free + n) for w, n in most.items()}

    def fit(self, worker):
        """Tells whether a worker has confirmed the session's permit, and still holds one."""
        r = self.reports.get(worker)
        return (
            r is not None
            and r.get("protocol") == PROTOCOL
            and r["epoch"] >= self.opened
            and r["shut"] < r["epoch"]
            and not self.silent(worker)
        )

    def go(self, users, rate=1000.0):
        """Dispatches that many users to the workers that are fit for them. What falls, falls at
        once: Locust would take it down a second at a time, in numbers that grow old meanwhile."""
        with self.turn:
            self.want = self.runner.target_user_count = users
            self.hush()
            nodes = [w for w in self.runner.clients.values() if self.fit(w.id)]
            ids = frozenset(w.id for w in nodes)
            if not ids or users == 0 and self.runner.state not in ("spawning", "running"):
                self.spread = ids
                return
            if self.dispatcher is None or self.runner._users_dispatcher is not self.dispatcher or ids != self.spread:
                # A new one begins with nobody: it sends each worker its whole number in one turn.
                kind = getattr(self.environment, "dispatcher_class", None) or UsersDispatcher
                steady = type("Dispatcher", (Steady, kind), {})
                self.dispatcher = steady(worker_nodes=nodes, user_classes=self.runner.user_classes)
                self.runner._users_dispatcher = self.dispatcher
                self.spread = ids
                running = self.had(ids)
                if users <= running:
                    rate = max(rate, users)
                else:
                    rate = max(rate, running)
            elif users < self.dispatcher.get_current_user_count():
                rate = max(rate, self.dispatcher.get_current_user_count())
            self.starter = gevent.spawn(self.start, users, max(rate, 1.0))

    def hush(self):
        if self.starter is not None and not self.starter.ready() and self.starter is not getcurrent():
            self.starter.kill(block=True)
        self.starter = None

    def ground(self):
        """Makes the master's books those of a fleet without users, and sends nothing: the numbers
        of a start that is still counting would be orders to spawn."""
        with self.turn:
            self.want = self.runner.target_user_count = 0
            self.hush()
            self.dispatcher = self.runner._users_dispatcher = None
            self.spread = frozenset()

    def spread_out(self):
        """Shares users out anew when a worker has come or gone. A lost one's users are not made
        up for: what is left, is left, until the next order."""
        ids = frozenset(w for w in self.runner.clients if self.fit(w))
        if ids == self.spread:
            return
        users = self.want
        if self.spread - ids:
            users = min(users, self.had(ids))
        self.tell_permit()
        self.go(users)

    # What Crosstalk asks.

    def state(self):
        lease.look()
        workers = []
        for w in sorted(self.everyone()):
            node, r, gone = self.runner.clients.get(w), self.reports.get(w, {}), self.silent(w)
            if r:
                # A worker that Locust calls missing or leaves out may only be busy, and still
                # sends: it counts until it has been silent for so long that its permit has lapsed.
                state = "gone" if gone else node.state if node is not None and node.state != "missing" else "busy"
                if state == "busy" and self.stray(w):
                    state = "missing"
            else:
                state = node.state
            workers.append(
                {
                    "id": w,
                    "state": state,
                    "cpu": node.cpu_usage if node is not None else r.get("cpu", 0.0),
                    "guarded": r.get("protocol") == PROTOCOL,
                    "protocol": r.get("protocol", 1) if r else 0,  # the first told none
                    "fit": lease.claimed and self.fit(w),
                    "users": 0 if r and gone else r.get("users", node.user_count if node is not None else 0),
                    "in_flight": 0 if gone else r.get("in_flight", 0),
                    "idle": r.get("idle", 0.0) + time.monotonic() - self.heard[w] if r else 0.0,
                    "sent": r.get("sent", 0),
                    "cancelled": r.get("cancelled", 0),
                    "shut": r.get("shut", 0),
                    "why": r.get("why", ""),
                    "refused": r.get("refused", {}),
                }
            )
        runs = self.runner.state in ("spawning", "running")
        return jsonify(
            protocol=PROTOCOL,
            version=locust.runners.__version__,
            state=self.runner.state,
            shape=self.environment.shape_class is not None,
            # Locust keeps the number of a run that has been stopped.
            target=self.want if lease.claimed else self.runner.target_user_count if runs else 0,
            users=sum(w["users"] for w in workers),
            waiting=sum(r.get("waiting", 0) for w, r in self.reports.items() if not self.silent(w)),
            in_flight=sum(w["in_flight"] for w in workers),
            claimed=lease.claimed,
            epoch=lease.epoch,
            shut=lease.shut,
            why=lease.why,
            hands=self.hands,
            hand=self.hand,
            session=self.session,
            workers=workers,
        )

    def permit(self):
        m = request.get_json(force=True)
        if self.taken_by_another(m):
            return self.taken()
        was_open = lease.claimed and lease.open() and m["session"] == self.session
        if lease.renew(m):
            if not was_open:
                self.opened = m["epoch"]
            if m["session"] != self.session:
                self.take_over(m["session"])
            self.book.forget(m["level"] - MOST_LEVELS)
            self.permitted = m
            self.tell_permit()
            if self.want > lease.order:
                self.go(lease.order)
        return self.state()

    def take_over(self, session):
        self.session, self.book = session, Book()
        before = self.runner.target_user_count if self.runner.state in ("spawning", "running") else 0
        page = getattr(self.environment.web_ui, "_swarm_greenlet", None)
        if page is not None:
            page.kill(block=True)
        # A climb that began otherwise (--autostart, a key, a locustfile) has no numbers left.
        old = self.runner._users_dispatcher
        if old is not None:
            old._dispatcher_generator = iter(())
        self.dispatcher, self.spread, self.want = None, frozenset(), before
        if before > 0:
            self.somebody("swarm", before)

    def tell_permit(self):
        if not self.permitted or not lease.open():
            return
        workers = max(1, sum(1 for w in self.runner.clients if self.fit(w)))
        # Users are shared out evenly, so a worker that has more than this is wrong for certain.
        share = min(self.permitted["users"], math.ceil(self.permitted["users"] / workers) + 1)
        m = dict(self.permitted, ttl=max(0.0, lease.mono - time.monotonic()), workers=workers, share=share)
        for w, room in self.rooms().items():
            if not self.stray(w):
                self.runner.send_message("crosstalk_permit", dict(m, ought=self.ought(w), room=room), w)

    def taken_by_another(self, m):
        return lease.claimed and lease.open() and self.session != "" and m["session"] != self.session

    def taken(self):
        return jsonify(error="another session holds the fleet: " + self.session, session=self.session), 409

    def stop(self):
        m = request.get_json(force=True)
        if self.taken_by_another(m):
            return self.taken()
        if m["epoch"] >= lease.epoch:
            self.let_go(m["epoch"], m.get("why", "stopped"))
        return self.state()

    def release(self):
        m = request.get_json(force=True)
        # A master that was started again after the session began knows no session.
        if self.session in ("", m["session"]) and not (lease.claimed and lease.open() and m["epoch"] < lease.epoch):
            lease.free()
            self.session, self.permitted = "", {}
            for w in self.everyone():
                self.runner.send_message("crosstalk_release", {"epoch": lease.epoch}, w)
        return self.state()

    def let_go(self, epoch, why):
        lease.close(epoch, why)
        # Workers first: they are what sends.
        self.tell_stop(self.everyone())
        self.ground()
        if self.environment.shape_class is not None and self.runner.state in ("spawning", "running"):
            gevent.spawn(self.halt)

    def tell_stop(self, workers):
        self.again = time.monotonic() + AGAIN_EVERY
        for w in workers:
            self.runner.send_message("crosstalk_stop", {"epoch": lease.shut, "why": lease.why}, w)

    def look(self):
        if lease.look():
            self.let_go(lease.epoch, "lapsed")
        elif lease.claimed and lease.open():
            self.spread_out()
            self.shed()
        elif lease.claimed and time.monotonic() >= self.again:
            # A worker that has joined since, or one that the order did not reach.
            self.tell_stop(w for w in self.everyone() if self.reports.get(w, {}).get("shut", 0) < lease.shut)

    def shed(self):
        """Ends what runs where no number can be told: at workers of a master before this one, at
        once, and at others that Locust has dropped and that have not come back."""
        now = time.monotonic()
        loaded = [w for w in self.everyone() - set(self.runner.clients) if self.reports[w].get("users")]
        self.outside = {w: self.outside.get(w, now) for w in loaded}
        ended = [w for w, since in self.outside.items() if self.stray(w) or now - since > SURPLUS_AFTER]
        if ended and now >= self.again:
            self.again = now + AGAIN_EVERY
            for w in ended:
                self.runner.send_message("crosstalk_stop", {"epoch": lease.epoch, "why": "its master lost it"}, w)

    def report(self, environment, msg, **kwargs):
        if not isinstance(msg.data, dict):
            return
        if msg.node_id in self.runner.clients:
            self.met.add(msg.node_id)
        self.reports[msg.node_id] = msg.data
        self.heard[msg.node_id] = time.monotonic()

    def counted(self, client_id, data, **kwargs):
        told = data.get("crosstalk") or {}
        if not lease.claimed or told.get("session") != self.session:
            return
        for r in told["rows"]:
            self.book.add(
                r["level"], r["held"], r["method"], r["name"], r["requests"], r["failures"], r["times"], r["errors"]
            )

    def stats(self):
        """What has ended in this session, as far as it has changed since an earlier answer."""
        since = int(request.args.get("since", 0))
        if since > self.book.seq:  # it heard that from a master before this one
            since = 0
        rows = [r for r in self.book.rows.values() if r["seq"] > since]
        return jsonify(session=self.session, seq=self.book.seq, rows=rows)


class Steady:
    """Makes of Locust's dispatcher one that workers which come and go leave alone: they are
    looked after in Master.spread_out."""

    def add_worker(self, worker_node):
        pass

    def remove_worker(self, worker_node):
        pass


# Debian's package of 2.12 has an empty version, and a master then takes its own workers for
# ones of Locust 1. Any text will do, as long as it is the same on all nodes.
if not locust.runners.__version__:
    locust.runners.__version__ = "unknown"


@events.init.add_listener
def on_init(environment, **kwargs):
    runner = environment.runner
    if isinstance(runner, WorkerRunner):
        locust.runners.WORKER_REPORT_INTERVAL = min(1.0, getattr(locust.runners, "WORKER_REPORT_INTERVAL", 1.0))
        guard_requests()
        worker = Worker(runner)
        runner.register_message("crosstalk_permit", worker.permit)
        runner.register_message("crosstalk_stop", worker.stop)
        runner.register_message("crosstalk_release", worker.release)
        environment.events.request.add_listener(worker.ended)
        environment.events.report_to_master.add_listener(worker.hand_in)
        gevent.spawn(watch, worker.look)
    elif isinstance(runner, MasterRunner) and environment.web_ui is not None:
        master = Master(environment)
        keep_listening(master)
        runner.register_message("crosstalk_report", master.report)
        environment.events.worker_report.add_listener(master.counted)
        master.serve(environment.web_ui)
        gevent.spawn(watch, master.look)
