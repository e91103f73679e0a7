from __future__ import annotations
import asyncio, time
from pathlib import Path
from tests.stories.theatre import theatre
from opsbot.sandbox.slack import faults

async def show(play, n):
    for e in (await play.entries(n)): print("  ", e.seq, e.key, e.source, e.actor.name, type(e.body).__name__, e.occurred_at, str(e.body)[:150])

async def test_x(tmp_path: Path):
    t=time.monotonic()
    async with theatre(tmp_path) as play:
        print("start", time.monotonic()-t)
        robin, kim, kit = map(play.as_person, ("robin","kim","kit"))
        print(1, await robin.ask('declare "Checkout answers with errors" sev2 checkout-api'))
        await play.until(lambda: len(play.rooms())==1, "room 1")
        before=len(robin.told)
        print(2, await robin.types("declare"))
        v = await robin.form("Declare"); print(v.view)
        print(await robin.submit(title=""), robin.wrong)
        print(await robin.submit(title="Search is slow", severity="SEV3"), robin.wrong)
        print(2, await robin.hears())
        menu = await kim.ask(""); print(3, menu)
        await kim.press(menu, "declare"); await kim.form("Declare")
        print(await kim.submit(title="Mail is late"), await kim.hears())
        ts = await kit.say("the catalogue is empty & <b>", play.stage.places.digest)
        print(4, await kit.shortcut("declare_from_message", play.stage.places.digest, ts))
        v= await kit.form("Declare"); print(v.view["blocks"][0], v.view["private_metadata"])
        print(await kit.submit(), await kit.hears())
        ts = await robin.say("@opsbot declare \"Payments fail\" sev1", play.stage.places.digest)
        print(5, await robin.hears())
        await play.until(lambda: len(play.rooms())==5, "rooms")
        await asyncio.sleep(1)
        for n in range(1,6): print(n); await show(play,n)
        for r in play.rooms(): print(r.name, r.members)
        print(play.said(play.rooms()[3].id))
        print(play.said(play.stage.places.digest))
    print("stop", time.monotonic()-t)
