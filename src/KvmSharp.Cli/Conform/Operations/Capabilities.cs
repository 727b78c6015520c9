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
/// <c>ioctl NUMBER ADDRESS</c>: a request to the machine with an address at which nothing is mapped, or with
/// <c>vcpu=</c> one to a vCPU.
/// </summary>
sealed class RawIoctl : Operation
{
    // Requests whose argument is an address, and some that do not exist: no number can do harm.
    static readonly uint[] _harmless = [0x4020ae46, 0x4010ae42, 0xc018aec0, 0xaefe];

    readonly uint _number;
    readonly Expression _address;
    readonly uint? _vcpu;

    internal RawIoctl(ArgumentReader reader)
    {
        Argument number = reader.Word("a request's number");
        _number = (uint)Expression.Parse(number.Text, number.Column).On(0);
        if (!_harmless.Contains(_number))
            throw new ConformSyntaxException(number.Column, "only requests that can do no harm can be made so");
        _address = reader.Number("an address below 4096");
        if (_address.FromArena || _address.Constant >= 4096)
            throw new ConformSyntaxException(number.Column, "only an address in the first page is sure to be bad");
        if (reader.TryTake("vcpu", out Argument vcpu))
            _vcpu = (uint)Expression.Parse(vcpu.Text, vcpu.Column).On(0);
    }

    internal override ConformFeature Needs => ConformFeature.Raw;

    internal override string Run(ConformMachine machine) =>
        Outcome.Of(machine.Kernel!.TryAt(_vcpu, _number, (uint)_address.Constant));
}
