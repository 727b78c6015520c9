using KvmSharp.Cli.Perf.Guests;

namespace KvmSharp.Cli.Perf.Tests;

/// <summary>The slot that moves is in use: the guest writes its first pages too, and may find them gone.</summary>
class MoveActiveTest : MoveTest
{
    internal override string Name => "move-active";

    internal override string Title => "Move active";

    private protected override ulong PagesInSlot => AreaPages / 2;

    internal override MmioRule AllowedMmio(ArenaLayout layout) =>
        new(ArenaLayout.GpaOf(layout.LastSlotPage), ArenaLayout.GpaOf(layout.LastSlotPage + PagesInSlot));
}
