namespace KvmSharp.X86.Events;

/// <summary>An exception that an instruction has met: data, not a .NET exception.</summary>
/// <param name="Vector">Which.</param>
/// <param name="Error">Its error code, if it has one.</param>
/// <param name="HasError">Whether it has one.</param>
/// <param name="IsBadAddress">An address that is none: #GP, or #SS where the operand is in the stack segment.</param>
readonly record struct PendingFault(Vector Vector, uint Error, bool HasError, bool IsBadAddress = false);
