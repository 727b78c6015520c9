using System;

namespace KvmSharp.Lab.Results;

/// <summary>A result file is not what it should be; the message is one line that says where and how.</summary>
public sealed class ResultFormatException(string message, Exception? cause = null) : Exception(message, cause);
