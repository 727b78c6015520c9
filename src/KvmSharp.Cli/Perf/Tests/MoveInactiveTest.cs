namespace KvmSharp.Cli.Perf.Tests;

/// <summary>The guest writes up to the slot that moves, but not in it: it must not notice.</summary>
class MoveInactiveTest : MoveTest
{
    internal override string Name => "move-inactive";

    internal override string Title => "Move inactive";

    private protected override ulong PagesInSlot => 0;
}
