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

import socket
import time
from urllib.parse import urlsplit

import gevent
import gevent.socket
import locust.runners
import requests
from flask import jsonify, request
from locust import events
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

try:
    from locust.contrib.fasthttp import LocustUserAgent
except ImportError:
    LocustUserAgent = None

PROTOCOL = 1
WATCH_EVERY = 0.05  # seconds between two looks at the lease
REPORT_EVERY = 0.2  # seconds between a worker's reports while anything happens
RESOLVE_EVERY = 30.0  # seconds that a host's addresses are believed
GONE_AFTER = 3.0  # seconds of silence after which a missing worker's users are taken for ended
MOST_ROWS = 500  # of statistics and of errors in one answer


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
        self.users = 0
        self.rps = 0.0
        self.hosts = []
        self.forbidden = []

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
        self.rps = m["rps"]
        self.hosts = m["hosts"] or []
        self.forbidden = m["forbidden"] or []
        return True

    def close(self, epoch, why):
        """Ends an epoch for good. True if it was still open."""
        was = epoch > self.shut
        if was:
            self.shut, self.why = epoch, why
        self.claimed = True
        self.epoch = max(self.epoch, epoch)
        return was

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


class Gate:
    """The way of every request out of a worker."""

    def __init__(self):
        self.in_flight = 0
        self.sent = 0
        self.last = 0.0  # time.time() of the newest send
        self.refused = {}  # host: times
        self.next = 0.0
        self.addresses = {}  # (host, port): (when, set of addresses)
        self.workers = 1

    def pass_(self, url):
        """Returns when the request may be sent now, or raises."""
        if not lease.claimed:
            return
        if not lease.open():
            raise StopUser()
        host = place(url)
        if host not in lease.hosts or host in lease.forbidden:
            self.refuse(host)
        if lease.rps > 0:
            now = time.monotonic()
            self.next = max(self.next, now) + self.workers / lease.rps
            wait = self.next - self.workers / lease.rps - now
            if wait > 0:
                gevent.sleep(wait)
                if not lease.open():
                    raise StopUser()

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

    def begin(self):
        self.in_flight += 1
        self.sent += 1
        self.last = time.time()

    def end(self):
        self.in_flight -= 1


gate = Gate()


def place(url):
    """host:port of a URL, in lower case."""
    u = urlsplit(url)
    host = (u.hostname or "").lower()
    if ":" in host:
        host = "[" + host + "]"
    return "%s:%d" % (host, u.port or (443 if u.scheme == "https" else 80))


def guard_requests():
    """Puts the gate before requests, before geventhttpclient, and before every connection."""
    send = requests.Session.send

    def guarded_send(self, prepared, **kwargs):
        try:
            gate.pass_(prepared.url)
        except ConnectionRefusedError as e:
            raise requests.exceptions.ConnectionError(str(e)) from None
        gate.begin()
        try:
            return send(self, prepared, **kwargs)
        finally:
            gate.end()

    requests.Session.send = guarded_send

    if LocustUserAgent is not None:
        urlopen = LocustUserAgent._urlopen

        def guarded_urlopen(self, req, *args, **kwargs):
            gate.pass_(req.url)
            gate.begin()
            try:
                return urlopen(self, req, *args, **kwargs)
            finally:
                gate.end()

        LocustUserAgent._urlopen = guarded_urlopen

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

    def permit(self, environment, msg, **kwargs):
        gate.workers = max(1, msg.data["workers"])
        lease.renew(msg.data)

    def stop(self, environment, msg, **kwargs):
        if lease.close(msg.data["epoch"], msg.data["why"]):
            self.end_users()
        self.report(True)

    def release(self, environment, msg, **kwargs):
        lease.claimed = False

    def end_users(self):
        # Not Locust's own stop: that one waits for tasks, and this must not.
        spawning = self.runner.spawning_greenlet
        if spawning is not None and not spawning.ready():
            spawning.kill(block=False)
        self.runner.user_greenlets.kill(block=False)

    def watch(self):
        while True:
            if lease.look():
                self.end_users()
            elif lease.claimed and not lease.open() and self.runner.user_count:
                self.end_users()  # spawned by a message that was on its way
            elif lease.claimed and self.runner.user_count > lease.users:
                # The caps are the fleet's, so one worker above them is wrong for certain.
                extra = list(self.runner.user_greenlets)[lease.users :]
                for user in extra:
                    user.kill(block=False)
            self.report(False)
            gevent.sleep(WATCH_EVERY)

    def report(self, now):
        r = {
            "users": self.runner.user_count,
            "in_flight": gate.in_flight,
            "sent": gate.sent,
            "last": gate.last,
            "shut": lease.shut,
            "why": lease.why,
            "refused": gate.refused,
            "cpu": self.runner.current_cpu_usage,
        }
        since = time.monotonic() - self.told_at
        changed = r != self.told
        if not now and not (changed and since >= REPORT_EVERY) and since < 1.0:
            return
        try:
            self.runner.send_message("crosstalk_report", dict(r, refused=dict(r["refused"])))
        except Exception:  # the master is away: the lease is what counts
            pass
        self.told, self.told_at = dict(r, refused=dict(r["refused"])), time.monotonic()


def keep_listening(runner):
    """Drops what a worker that the master has just removed says about its users. Locust looks
    such a worker up without asking whether it is there, and the error ends the greenlet that
    listens to all workers: after a stop in the midst of spawning the master is deaf for good."""
    server = type(runner.server)
    receive = server.recv_from_client

    def known(self):
        while True:
            client_id, msg = receive(self)
            if msg.type not in ("spawning", "spawning_complete") or msg.node_id in runner.clients:
                return client_id, msg

    server.recv_from_client = known


class Master:
    """Serves Crosstalk, hands its permits on, and holds the caps of the fleet."""

    def __init__(self, environment):
        self.environment = environment
        self.runner = environment.runner
        self.reports = {}  # worker's id: its newest report
        self.heard = {}  # worker's id: when that came, time.monotonic()
        self.session = ""
        self.permitted = {}  # the newest permit, for workers that join
        self.told = set()  # workers that have heard of it
        self.stopper = None
        self.foreign = 0  # users that somebody else asked for last, above the order
        self.foreigns = 0

    def serve(self, web_ui):
        guarded = getattr(web_ui, "auth_required_if_enabled", lambda view: view)
        for path, view, methods in (
            ("state", self.state, ["GET"]),
            ("permit", self.permit, ["POST"]),
            ("stop", self.stop, ["POST"]),
            ("release", self.release, ["POST"]),
            ("stats", self.stats, ["GET"]),
        ):
            web_ui.app.add_url_rule("/crosstalk/" + path, "crosstalk_" + path, guarded(view), methods=methods)

    def state(self):
        lease.look()
        workers = []
        for w in self.runner.clients.values():
            r = self.reports.get(w.id, {})
            # A worker that Locust calls missing may only be busy, and still sends: it counts until
            # it has been silent for so long that its permit has lapsed.
            gone = w.state == "missing" and time.monotonic() - self.heard.get(w.id, 0.0) > GONE_AFTER
            workers.append(
                {
                    "id": w.id,
                    "state": w.state,
                    "cpu": w.cpu_usage,
                    "guarded": w.id in self.reports,
                    "users": 0 if gone else r.get("users", w.user_count),
                    "in_flight": 0 if gone else r.get("in_flight", 0),
                    "sent": r.get("sent", 0),
                    "last": r.get("last", 0.0),
                    "shut": r.get("shut", 0),
                    "refused": r.get("refused", {}),
                }
            )
        return jsonify(
            protocol=PROTOCOL,
            version=locust.runners.__version__,
            state=self.runner.state,
            shape=self.environment.shape_class is not None,
            # Locust keeps the number of a run that has been stopped.
            target=self.runner.target_user_count if self.runner.state in ("spawning", "running") else 0,
            users=sum(w["users"] for w in workers),
            in_flight=sum(w["in_flight"] for w in workers),
            epoch=lease.epoch,
            shut=lease.shut,
            why=lease.why,
            foreign=self.foreign,
            foreigns=self.foreigns,
            session=self.session,
            now=time.time(),
            workers=workers,
        )

    def permit(self):
        m = request.get_json(force=True)
        if lease.claimed and lease.open() and self.session and m["session"] != self.session:
            return jsonify(error="another session holds the fleet: " + self.session), 409
        if lease.renew(m):
            self.session = m["session"]
            m["workers"] = max(1, self.runner.worker_count)
            self.permitted = m
            self.told = {w.id for w in self.runner.clients.values()}
            self.runner.send_message("crosstalk_permit", m)
        return self.state()

    def stop(self):
        m = request.get_json(force=True)
        self.let_go(m["epoch"], m.get("why", "stopped"))
        return self.state()

    def release(self):
        lease.claimed = False
        self.session = ""
        self.runner.send_message("crosstalk_release", {})
        return self.state()

    def let_go(self, epoch, why):
        lease.close(epoch, why)
        # Workers first: they are what sends.
        self.runner.send_message("crosstalk_stop", {"epoch": epoch, "why": why})
        # The master's own books must agree with workers that have no users any more.
        if self.runner.state not in ("spawning", "running"):
            return
        if self.environment.shape_class is not None:
            if self.stopper is None or self.stopper.ready():
                self.stopper = gevent.spawn(self.runner.stop)
        elif self.runner.target_user_count > 0:
            self.swarm(0)

    def watch(self):
        while True:
            self.greet()
            if lease.look():
                self.let_go(lease.epoch, "lapsed")
            elif lease.claimed and self.runner.state in ("spawning", "running"):
                self.hold_to_order()
            gevent.sleep(WATCH_EVERY)

    def hold_to_order(self):
        """Somebody asked for more than the dial does, in Locust's own page."""
        target = self.runner.target_user_count
        if not lease.open():
            if target > 0:
                self.let_go(lease.shut, lease.why)
        elif target > lease.order:
            self.foreign, self.foreigns = target, self.foreigns + 1
            self.swarm(lease.order)

    def swarm(self, users):
        web_ui = self.environment.web_ui
        running = getattr(web_ui, "_swarm_greenlet", None)
        if running is not None:
            running.kill(block=True)
            web_ui._swarm_greenlet = None
        self.runner.target_user_count = users  # at once: what follows takes a moment
        gevent.spawn(self.runner.start, users, 1000)

    def greet(self):
        """Puts workers under the lease that joined since the newest permit."""
        if not lease.claimed:
            return
        for w in list(self.runner.clients.values()):
            if w.id in self.told:
                continue
            self.told.add(w.id)
            if self.permitted and lease.open():
                left = max(0.0, lease.mono - time.monotonic())
                self.runner.send_message("crosstalk_permit", dict(self.permitted, ttl=left), w.id)
            else:
                self.runner.send_message("crosstalk_stop", {"epoch": lease.shut, "why": lease.why}, w.id)

    def report(self, environment, msg, **kwargs):
        self.reports[msg.node_id] = msg.data
        self.heard[msg.node_id] = time.monotonic()

    def stats(self):
        rows = []
        for s in list(self.runner.stats.entries.values())[:MOST_ROWS]:
            rows.append(
                {
                    "method": s.method,
                    "name": s.name,
                    "requests": s.num_requests,
                    "failures": s.num_failures,
                    "times": {str(t): n for t, n in s.response_times.items()},
                }
            )
        errors = [
            {"method": e.method, "name": e.name, "error": str(e.error), "count": e.occurrences}
            for e in list(self.runner.errors.values())[:MOST_ROWS]
        ]
        return jsonify(rows=rows, errors=errors)


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
        gevent.spawn(worker.watch)
    elif isinstance(runner, MasterRunner) and environment.web_ui is not None:
        keep_listening(runner)
        master = Master(environment)
        runner.register_message("crosstalk_report", master.report)
        master.serve(environment.web_ui)
        gevent.spawn(master.watch)
