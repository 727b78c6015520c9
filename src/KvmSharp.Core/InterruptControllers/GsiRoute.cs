using System;

namespace KvmSharp.InterruptControllers;

/// <summary>An interrupt controller that has pins; numbers are KVM's.</summary>
public enum IrqchipId
{
    /// <summary>The first 8259.</summary>
    PicMaster = 0,

    /// <summary>The 8259 behind it.</summary>
    PicSlave = 1,

    /// <summary>The I/O APIC.</summary>
    IoApic = 2,
}

/// <summary>A message-signalled interrupt: what a device writes to an address.</summary>
/// <param name="Address">The address, of which bits 12 … 19 name the destination.</param>
/// <param name="Data">What is written: vector, delivery mode, trigger mode.</param>
public readonly record struct MsiMessage(ulong Address, uint Data)
{
    const int LogicalBit = 1 << 2;
    const int RedirectBit = 1 << 3;

    // The low half of what an ICR would hold, but for what the address says.
    const uint CommandMask = 0x87FF;

    internal ApicMessage ToApic() => ApicMessage.OfCommand(Data & CommandMask, (uint)(Address >> 12) & 0xFF) with
    {
        IsLogical = (Address & LogicalBit) != 0,
        MayRedirect = (Address & RedirectBit) != 0,
        IsAsserted = true,
    };
}

/// <summary>Where an interrupt line leads: a pin, or a message.</summary>
public readonly record struct GsiRoute
{
    /// <summary>Lines lie below this, and there are no more routes (<c>KVM_MAX_IRQ_ROUTES</c>).</summary>
    public const int Limit = 4096;

    GsiRoute(uint gsi) => Gsi = gsi;

    /// <summary>The line.</summary>
    public uint Gsi { get; }

    /// <summary>Whose pin; nobody's for a message.</summary>
    public IrqchipId? Chip { get; private init; }

    /// <summary>Which pin of its chip.</summary>
    public uint Pin { get; private init; }

    /// <summary>The message.</summary>
    public MsiMessage Message { get; private init; }

    /// <summary>Leads a line to a pin.</summary>
    public static GsiRoute ToPin(uint gsi, IrqchipId chip, uint pin) => new(gsi) { Chip = chip, Pin = pin };

    /// <summary>Leads a line to a message.</summary>
    public static GsiRoute ToMessage(uint gsi, MsiMessage message) => new(gsi) { Message = message };

    internal bool IsPossible => Gsi < Limit && Chip switch
    {
        null => true,
        IrqchipId.PicMaster or IrqchipId.PicSlave => Pin < PicPair.Pins / 2,
        IrqchipId.IoApic => Pin < IoApic.Pins,
        _ => false,
    };

    /// <summary>Whether a line may have both: one pin of each chip, or one message alone.</summary>
    internal bool GoesWith(in GsiRoute other) => Chip is not null && other.Chip is not null && Chip != other.Chip;
}

/// <summary>All routes, as of one moment. Never changed: a change makes another.</summary>
sealed class GsiRouting
{
    // By line; no entry for lines without a route. And by chip and pin, the line that leads there, or −1.
    readonly GsiRoute[][] _routes;
    readonly int[][] _lines =
        [new int[PicPair.Pins / 2], new int[PicPair.Pins / 2], new int[IoApic.Pins]];

    GsiRouting(GsiRoute[][] routes)
    {
        _routes = routes;
        foreach (int[] pins in _lines)
            Array.Fill(pins, -1);
        foreach (GsiRoute[] ofLine in routes)
        {
            foreach (GsiRoute route in ofLine)
            {
                if (route.Chip is { } chip)
                    _lines[(int)chip][route.Pin] = (int)route.Gsi;
            }
        }
    }

    /// <summary>KVM's own: lines below 16 lead to the 8259s and the I/O APIC, the others to the I/O APIC alone.</summary>
    internal static GsiRouting Default
    {
        get
        {
            var routes = new GsiRoute[IoApic.Pins + PicPair.Pins];
            for (uint gsi = 0; gsi < IoApic.Pins; gsi++)
                routes[gsi] = GsiRoute.ToPin(gsi, IrqchipId.IoApic, gsi);
            for (uint gsi = 0; gsi < PicPair.Pins; gsi++)
            {
                routes[IoApic.Pins + gsi] =
                    GsiRoute.ToPin(gsi, gsi < 8 ? IrqchipId.PicMaster : IrqchipId.PicSlave, gsi % 8);
            }
            return TryMake(routes)!;
        }
    }

    /// <summary>Makes a table.</summary>
    /// <returns>Nothing when a route is impossible, or two of a line do not go together.</returns>
    internal static GsiRouting? TryMake(ReadOnlySpan<GsiRoute> routes)
    {
        if (routes.Length > GsiRoute.Limit)
            return null;
        uint lines = 0;
        foreach (ref readonly GsiRoute route in routes)
        {
            if (!route.IsPossible)
                return null;
            lines = Math.Max(lines, route.Gsi + 1);
        }
        var table = new GsiRoute[lines][];
        Array.Fill(table, []);
        foreach (ref readonly GsiRoute route in routes)
        {
            foreach (ref readonly GsiRoute other in table[route.Gsi].AsSpan())
            {
                if (!route.GoesWith(other))
                    return null;
            }
            table[route.Gsi] = [.. table[route.Gsi], route];
        }
        return new GsiRouting(table);
    }

    internal ReadOnlySpan<GsiRoute> Of(uint gsi) => gsi < (uint)_routes.Length ? _routes[gsi] : [];

    /// <summary>The line that leads to a pin, −1 for none.</summary>
    internal int LineOf(IrqchipId chip, int pin) => _lines[(int)chip][pin];
}
