using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using KvmSharp.Backends;
using KvmSharp.Cli.Conform.Language;
using KvmSharp.Cli.Conform.Machines;

namespace KvmSharp.Cli.Conform.Operations;

/// <summary>A capability, by its name in small letters or by its number.</summary>
static class CapabilityArgument
{
    static readonly Dictionary<string, uint> _names =
        Enum.GetValues<KvmCapability>().ToDictionary(capability => Kebab(capability.ToString()), capability => (uint)capability);

    internal static uint Read(ArgumentReader reader)
    {
        Argument word = reader.Word("a capability");
        if (_names.TryGetValue(word.Text, out uint number))
            return number;
        return Expression.TryParseNumber(word.Text, out ulong given) && given <= uint.MaxValue
            ? (uint)given
            : throw new ConformSyntaxException(word.Column, $"\"{word.Text}\" is neither a capability nor a number");
    }

    static string Kebab(string name)
    {
        var text = new StringBuilder();
        foreach (char letter in name)
        {
            if (char.IsUpper(letter) && text.Length > 0)
                text.Append('-');
            text.Append(char.ToLowerInvariant(letter));
        }
        return text.ToString();
    }
}

/// <summary><c>cap NAME arg= flags=</c>: <c>KVM_ENABLE_CAP</c> on the machine.</summary>
sealed class EnableCapability(ArgumentReader reader) : Operation
{
    readonly uint _capability = CapabilityArgument.Read(reader);
    readonly Expression _argument = reader.Number("arg", 0);
    readonly Expression _flags = reader.Number("flags", 0);

    internal override string Run(ConformMachine machine) =>
        Outcome.Of(machine.Enable(_capability, (uint)_flags.On(0), _argument.On(0)));
}

/// <summary><c>check NAME</c>: <c>KVM_CHECK_EXTENSION</c> on the machine.</summary>
sealed class CheckCapability(ArgumentReader reader) : Operation
{
    readonly uint _capability = CapabilityArgument.Read(reader);

    internal override string Run(ConformMachine machine) => Outcome.Of((ulong)machine.Check(_capability));
}

/// <summary>
/// <c>ioctl NUMBER ARGUMENT</c>: a request to the machine as it stands, or with <c>vcpu=</c> one to a vCPU. Only of a few, with
/// arguments that can do no harm.
/// </summary>
sealed class RawIoctl : Operation
{
    // Below is no memory: the first page of a process is never mapped.
    const ulong FirstPage = 4096;

    // Requests with the least argument they may have. Most take an address, some a number, and some do not exist.
    static readonly Dictionary<uint, ulong> _harmless = new()
    {
        [0x4020ae46] = 0, // KVM_SET_USER_MEMORY_REGION
        [0x4010ae42] = 0, // KVM_GET_DIRTY_LOG
        [0xc018aec0] = 0, // KVM_CLEAR_DIRTY_LOG
        [0xae44] = 0,     // KVM_SET_NR_MMU_PAGES
        [0xae78] = 0,     // KVM_SET_BOOT_CPU_ID
        [0xae80] = 1,     // KVM_RUN, which runs when it is zero
        [0xaefe] = 0,
    };

    readonly uint _number;
    readonly Expression _argument;
    readonly uint? _vcpu;

    internal RawIoctl(ArgumentReader reader)
    {
        Argument number = reader.Word("a request's number");
        _number = (uint)Expression.Parse(number.Text, number.Column).On(0);
        _argument = reader.Number("an argument below 4096");
        if (!_harmless.TryGetValue(_number, out ulong least) || _argument.FromArena || _argument.Constant < least)
            throw new ConformSyntaxException(number.Column, "only requests that can do no harm can be made so");
        if (_argument.Constant >= FirstPage)
            throw new ConformSyntaxException(number.Column, "only an address in the first page is sure to be bad");
        if (reader.TryTake("vcpu", out Argument vcpu))
            _vcpu = (uint)Expression.Parse(vcpu.Text, vcpu.Column).On(0);
    }

    internal override ConformFeature Needs => ConformFeature.Raw;

    internal override string Run(ConformMachine machine) =>
        Outcome.Of(machine.Kernel!.TryAt(_vcpu, _number, (uint)_argument.Constant));
}
