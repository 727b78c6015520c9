using System;

namespace KvmSharp.Cli.Run.Images;

/// <summary>An image that cannot be used; the message is a clause that follows its name.</summary>
sealed class ImageException(string message) : Exception(message);
