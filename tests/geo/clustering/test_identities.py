import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.clustering.identities import assign_identities
from geo.errors import GeoError


def test_a_site_keeps_its_id_when_it_grows():
    found = assign_identities([7, 7, -1, -1], [0, 0, 0, 1], [1, 2, 3, 4], next_id=9)
    assert found.site_ids.tolist() == [7, 7, 7, 9]
    assert (found.redirects, found.split_from, found.next_id) == ({}, {}, 10)


def test_a_join_goes_on_under_the_older_id():
    found = assign_identities([5, 8], [0, 0], [2, 1], next_id=9)
    assert found.site_ids.tolist() == [5, 5]
    assert found.redirects == {8: 5}


def test_a_join_goes_on_under_the_id_with_a_job():
    found = assign_identities([5, 8, 6], [0, 0, 0], [1, 2, 3], next_id=9, with_job={6, 8})
    assert found.site_ids.tolist() == [6, 6, 6]
    assert found.redirects == {8: 6, 5: 6}


def test_a_split_leaves_the_id_with_the_oldest_request():
    found = assign_identities([5, 5, 5], [1, 0, 1], [3, 1, 2], next_id=9)
    assert found.site_ids.tolist() == [9, 5, 9]
    assert found.split_from == {9: 5}


def test_a_split_leaves_the_id_with_the_job():
    found = assign_identities([5, 5, 5], [0, 1, 1], [1, 2, 3], next_id=9, with_job={5}, job_rows={5: 2})
    assert found.site_ids.tolist() == [9, 5, 5]
    assert found.split_from == {9: 5}


def test_a_part_may_go_over_to_another_site():
    found = assign_identities([5, 5, 6], [0, 1, 1], [1, 2, 3], next_id=9)
    assert found.site_ids.tolist() == [5, 6, 6]
    assert (found.redirects, found.split_from) == ({}, {})


def test_splitting_and_joining_at_once_loses_no_trace():
    # 5 loses its older half to 4, which has the job; the other half is a new site that came from 5.
    found = assign_identities([4, 5, 5], [0, 0, 1], [2, 1, 3], next_id=9, with_job={4})
    assert found.site_ids.tolist() == [4, 4, 9]
    assert (found.redirects, found.split_from) == ({5: 4}, {9: 5})


def test_a_job_row_that_has_left_its_site_holds_nothing():
    found = assign_identities([5, 6], [0, 1], [1, 2], next_id=9, job_rows={5: 1})
    assert found.site_ids.tolist() == [5, 6]


@given(st.lists(st.tuples(st.integers(-1, 4), st.integers(0, 4)), max_size=20), st.sets(st.integers(0, 4)))
def test_ids_are_one_a_group_never_reused_and_stable(rows, with_job):
    old, labels = ([row[0] for row in rows], [row[1] for row in rows])
    found = assign_identities(old, labels, range(len(rows)), next_id=5, with_job=with_job)
    pairs = set(zip(labels, found.site_ids.tolist(), strict=True))
    assert len(pairs) == len(set(labels)) == len(set(found.site_ids.tolist()))
    living = set(found.site_ids.tolist())
    assert living <= (set(old) - {-1}) | set(range(5, found.next_id))
    assert set(old) - {-1} == (living & set(range(5))) | set(found.redirects)
    assert set(found.redirects.values()) <= living
    again = assign_identities(found.site_ids, labels, range(len(rows)), next_id=found.next_id)
    assert again.site_ids.tolist() == found.site_ids.tolist()
    assert (again.redirects, again.split_from) == ({}, {})


def test_bad_input_is_named():
    with pytest.raises(GeoError, match="next_id is 8, but the id 8"):
        assign_identities([8], [0], [1], next_id=8)
    with pytest.raises(GeoError, match="equally long"):
        assign_identities([8], [0, 1], np.array([1]), next_id=9)
