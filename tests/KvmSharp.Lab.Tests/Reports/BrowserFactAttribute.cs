using Xunit;

namespace KvmSharp.Lab.Tests.Reports;

/// <summary>A test that needs a browser, and is skipped where there is none.</summary>
sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Browser.Find() is null)
            Skip = "there is no browser: install chromium to see the page as people do";
    }
}
