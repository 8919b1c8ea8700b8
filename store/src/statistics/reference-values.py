"""Writes reference-values.ts: what scipy and statsmodels say about fixed inputs.

pip install scipy==1.17.1 statsmodels==0.15.0 && python3 reference-values.py > reference-values.ts && biome check --write .
"""
import json
import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from scipy import stats
from scipy.special import gammaln
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

rng = np.random.default_rng(20261120)


def sample(n, median, sigma=0.5, digits=1):
    return [float(v) for v in np.round(median * np.exp(sigma * rng.standard_normal(n)), digits)]


def mann_whitney(x, y):
    result = stats.mannwhitneyu(y, x, alternative='two-sided')
    return {'first': x, 'second': y, 'u': float(result.statistic), 'p': float(result.pvalue)}


def hodges_lehmann(x, y):
    """All pairwise log ratios, sorted: the definition, without any of the shortcuts."""
    shifts = np.sort(np.subtract.outer(np.log(y), np.log(x)).ravel())
    n, m = len(x), len(y)
    rank = max(1, int(np.floor(n * m / 2 - stats.norm.ppf(0.975) * np.sqrt(n * m * (n + m + 1) / 12))))
    return {'ratio': float(np.exp(np.median(shifts))), 'low': float(np.exp(shifts[rank - 1])),
            'high': float(np.exp(shifts[n * m - rank]))}


def newcombe(k1, n1, k2, n2):
    low, high = confint_proportions_2indep(k2, n2, k1, n1, compare='diff', method='newcomb')
    table = np.array([[k1, n1 - k1], [k2, n2 - k2]])
    total = n1 + n2
    mixed = 0 < k1 + k2 < total
    chi = stats.chi2_contingency(table, correction=False).statistic if mixed else 0
    return {'k1': k1, 'n1': n1, 'k2': k2, 'n2': n2, 'low': float(low), 'high': float(high),
            'score': float(stats.chi2.sf(chi * (total - 1) / total, 1)),
            'fisher': float(stats.fisher_exact(table).pvalue)}


def signed_rank(values):
    """scipy counts sign patterns only where there are neither ties nor zeros; elsewhere they are counted here one by one."""
    d = np.array(values)
    ranks = stats.rankdata(np.abs(d))[d != 0]
    seen = abs(np.sum(ranks * np.sign(d[d != 0])))
    n = len(ranks)
    if n <= 18:
        signs = 1 - 2 * ((np.arange(2 ** n)[:, None] >> np.arange(n)) & 1)
        p = float(np.mean(np.abs(signs @ ranks) >= seen - 1e-9)) if n else 1.0
    else:
        p = float(stats.wilcoxon(d, zero_method='pratt').pvalue)
    return {'differences': values, 'p': p}


def walsh(values):
    """All averages, sorted: the definition. The ranks of the ends are those at which scipy's exact p passes 0.05."""
    n = len(values)
    averages = np.sort([(values[i] + values[j]) / 2 for i in range(n) for j in range(i, n)])
    if n <= 50:
        counts = np.array([1.0])
        for r in range(1, n + 1):
            counts = np.convolve(counts, np.r_[1.0, np.zeros(r - 1), 1.0])
        rank = max(1, int(np.sum(np.cumsum(counts) / 2.0 ** n <= 0.025)))
    else:
        rank = max(1, int(np.floor(n * (n + 1) / 4 - stats.norm.ppf(0.975) * np.sqrt(n * (n + 1) * (2 * n + 1) / 24))))
    return {'shift': float(np.median(averages)), 'low': float(averages[rank - 1]), 'high': float(averages[-rank])}


def clustered(sizes, digits):
    """n by the ratio of the cluster-robust variance of a mean to that of independent values."""
    keys = [k for k, size in enumerate(sizes, 1) for _ in range(size)]
    values = [float(v) for v in np.round(own.normal(0, 1, len(keys)) + own.normal(0, 1, len(sizes) + 1)[keys], digits)]
    model = sm.OLS(values, np.ones(len(values)))
    robust = model.fit(cov_type='cluster', cov_kwds={'groups': keys}).bse[0] ** 2
    return {'values': values, 'keys': keys, 'size': float(len(values) * model.fit().bse[0] ** 2 / robust)}


def quantile(values, level):
    interval = stats.quantile_test(values, q=0, p=level).confidence_interval(0.95)
    return {'level': level, 'low': float(interval.low), 'high': float(interval.high)}


small = (sample(6, 100), sample(9, 150))
medium = (sample(35, 100), sample(40, 130))
tied = (sample(30, 10, digits=0), sample(32, 12, digits=0))
large = sample(240, 100)
p_values = [float(v) for v in np.round(np.sort(rng.uniform(0, 1, 12)) ** 3, 6)]

own = np.random.default_rng(20261130)
differences = [[float(v) for v in np.round(own.normal(0.3, 1, n), digits)]
               for n, digits in ((6, 4), (14, 4), (16, 0), (40, 4), (80, 4), (90, 0))]

values = {
    'normal': [{'z': z, 'cdf': float(stats.norm.cdf(z))} for z in (-30, -8, -3.3, -1.96, -0.5, 0, 0.7, 1.96, 2.9, 5)],
    'normalQuantile': [{'p': p, 'z': float(stats.norm.ppf(p))} for p in (1e-20, 1e-6, 0.025, 0.3, 0.5, 0.8, 0.999)],
    'logGamma': [{'x': x, 'value': float(gammaln(x))} for x in (0.1, 0.5, 1, 2, 3.7, 10, 171, 1e6)],
    'binomial': [{'k': k, 'n': n, 'p': p, 'cdf': float(stats.binom.cdf(k, n, p))}
                 for k, n, p in ((0, 10, 0.5), (3, 10, 0.5), (180, 200, 0.95), (199, 200, 0.95), (985, 1000, 0.99),
                                 (9400, 10000, 0.95))],
    'mannWhitney': [mann_whitney(*pair) for pair in (small, medium, tied)],
    'hodgesLehmann': [hodges_lehmann(*pair) for pair in (small, medium, tied)],
    'signedRank': [signed_rank(d) for d in differences],
    'walsh': [walsh(d) for d in differences],
    'student': [{'t': t, 'degrees': d, 'p': float(2 * stats.t.sf(t, d))}
                for t, d in ((0.0, 3), (0.5, 1), (2.1, 4.7), (1.96, 40), (3.0, 250), (12.0, 8), (5.5, 1e5))],
    'studentReach': [{'p': p, 'degrees': d, 't': float(stats.t.ppf(1 - p / 2, d))}
                     for p, d in ((0.05, 1), (0.05, 7.5), (0.05, 100), (0.001, 12), (0.5, 3))],
    'clustered': [clustered(sizes, 2) for sizes in ([3] * 12, [1, 2, 9, 4, 4, 1, 7, 2])],
    'newcombe': [newcombe(*t) for t in ((56, 70, 48, 80), (9, 10, 3, 10), (10, 10, 0, 20), (980, 1000, 950, 1000),
                                        (300, 300, 296, 300), (0, 30, 0, 40))],
    'wilson': [{'k': k, 'n': n, 'interval': [float(v) for v in proportion_confint(k, n, method='wilson')]}
               for k, n in ((0, 20), (1, 29), (81, 263), (20, 20))],
    'mcnemar': [{'broke': b, 'fixed': f, 'p': float(mcnemar([[0, b], [f, 0]], exact=True).pvalue)}
                for b, f in ((0, 0), (5, 0), (6, 0), (12, 3), (9, 9), (150, 86))],
    'benjaminiHochberg': {'p': p_values, 'q': [float(v) for v in stats.false_discovery_control(p_values)]},
    'quantileSample': large,
    'quantileInterval': [quantile(large, level) for level in (0.5, 0.9, 0.95)],
}
print(f'/** Written by reference-values.py with scipy {scipy.__version__}, statsmodels {statsmodels.__version__}. */')
print('export const REFERENCE = ' + json.dumps(values) + ' as const')
