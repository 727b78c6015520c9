using System;
using System.Threading;

namespace KvmSharp.Litmus.Sections;

/// <summary>
/// The straggler, staged: a reader chooses its set and is parked; a first waiter comes and goes; the reader adds itself
/// to the set it has chosen, which is no longer current, and finds something; a second waiter takes that away.
/// </summary>
/// <remarks>
/// With one round the second waiter looks only at the other set and returns while the reader is inside. No sampling is
/// needed: the order of events is forced.
/// </remarks>
sealed class ParkedStraggler(int rounds)
    : Variant(rounds == 1 ? "staged copy, one round" : "staged copy, two rounds", isBroken: rounds == 1)
{
    internal override Observation Run(TimeSpan duration)
    {
        const int Stagings = 20;
        long violations = 0, hits = 0;
        for (int staging = 0; staging < Stagings; staging++)
        {
            bool waited = Stage(out bool returnedEarly);
            hits += waited || returnedEarly ? 1 : 0;
            violations += returnedEarly ? 1 : 0;
        }
        return new Observation(Stagings, hits, violations, "staged");
    }

    bool Stage(out bool returnedEarly)
    {
        var sections = new StagedSections(rounds);
        using var nobody = new ManualResetEventSlim();
        using var waiting = new ManualResetEventSlim();
        using var returned = new ManualResetEventSlim();

        // The reader's first half; then it is parked, and the first waiter finds nobody.
        int set = sections.ChooseSet();
        sections.WaitForReaders(nobody);

        // The reader's second half: from here on it uses what it finds.
        sections.Announce(set);
        var taker = new Thread(() =>
        {
            sections.WaitForReaders(waiting);
            returned.Set();
        })
        { IsBackground = true };
        taker.Start();
        int first = WaitHandle.WaitAny([waiting.WaitHandle, returned.WaitHandle]);
        returnedEarly = first == 1;
        sections.Leave(set);
        taker.Join();
        return first == 0;
    }
}
