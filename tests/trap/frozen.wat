;; Frozen blocks: read by many, written by none.
;; expect read_frozen: returns 1
;; expect shares_in_any_order: returns 42
;; expect last_share_ends_it: returns 0
;; expect thaw_alone: returns 8
;; expect thaw_shared_is_a_copy: returns 1
;; expect thaw_after_the_others: returns 8
;; expect children_are_frozen: returns 5
;; expect child_outlives_its_parent: returns 5
;; expect empty_child: returns 1
;; expect shared_child_is_copied: returns 1
;; expect thawed_tree_is_whole: returns 7
;; expect frozen_field: returns 3
;; expect frozen_field_in_frozen: returns 3
;; expect thawed_page_keeps_frozen_cover: returns 3
;; expect in_a_message: returns 9
;; expect in_a_message_of_a_dead_queue: returns 0
;; expect list_of_frozen: returns 1000
;; expect old_reference: trap MON_DEAD Text bytes.get: Text was frozen by this SIP; use what `freeze` gave
;; expect old_frozen_reference: trap MON_DEAD Text bytes.get: Text was thawed by this SIP; use what `thaw` gave
;; expect set_frozen: trap MON_TYPE Text bytes.set: Text expected, found frozen Text
;; expect write_frozen: trap MON_TYPE Text bytes.write: Text expected, found frozen Text
;; expect store_frozen: trap MON_TYPE Text bytes.store.i32: Text expected, found frozen Text
;; expect field_frozen: trap MON_TYPE Tree key.set: Tree expected, found frozen Tree
;; expect take_frozen: trap MON_TYPE Tree left.take: Tree expected, found frozen Tree
;; expect put_into_frozen: trap MON_TYPE Tree left.put: Tree expected, found frozen Tree
;; expect put_frozen_child: trap MON_TYPE Tree left.put: Tree expected, found frozen Tree
;; expect put_unfrozen_cover: trap MON_TYPE Page cover.put: frozen Text expected, found Text
;; expect freeze_twice: trap MON_TYPE Text freeze: Text expected, found frozen Text
;; expect freeze_null: trap MON_NULL Text freeze: Text expected, found null
;; expect freeze_incomplete: trap MON_FIELD_EMPTY Page freeze: field must of Page is empty
;; expect freeze_dead: trap MON_DEAD Text freeze: Text was already freed by this SIP
;; expect share_unfrozen: trap MON_TYPE Text share: frozen Text expected, found Text
;; expect share_null: trap MON_NULL Text share: frozen Text expected, found null
;; expect share_other: trap MON_TYPE Tree share: frozen Tree expected, found frozen Text
;; expect share_child_of_unfrozen: trap MON_TYPE Tree left.share: frozen Tree expected, found Tree
;; expect thaw_unfrozen: trap MON_TYPE Text thaw: frozen Text expected, found Text
;; expect thaw_twice: trap MON_DEAD Text thaw: frozen Text was thawed by this SIP; use what `thaw` gave
;; expect free_twice: trap MON_DEAD Text free: Text was already freed by this SIP
;; expect send_unfrozen: trap MON_TYPE Paper imp.send.Print: frozen Tree expected, found Tree
;; expect sent_share: trap MON_DEAD Tree key.get: frozen Tree was sent by this SIP and is no longer its own
;; expect lost_share: trap MON_LEAK frozen Text is still owned
;; expect index_in_frozen: trap X_INDEX Text bytes.get: index 4, but the block has 4 elements
(module
  (import "singula/Text" "new" (func $text (param i32) (result externref)))
  (import "singula/Text" "free" (func $free (param externref)))
  (import "singula/Text" "freeze" (func $freeze (param externref) (result externref)))
  (import "singula/Text" "share" (func $share (param externref) (result externref)))
  (import "singula/Text" "thaw" (func $thaw (param externref) (result externref)))
  (import "singula/Text" "bytes.get" (func $get (param externref i32) (result i32)))
  (import "singula/Text" "bytes.set" (func $set (param externref i32 i32)))
  (import "singula/Text" "bytes.len" (func $len (param externref) (result i32)))
  (import "singula/Text" "bytes.read" (func $read (param externref i32 i32 i32)))
  (import "singula/Text" "bytes.write" (func $write (param externref i32 i32 i32)))
  (import "singula/Text" "bytes.load.i32" (func $load (param externref i32) (result i32)))
  (import "singula/Text" "bytes.store.i32" (func $store (param externref i32 i32)))
  (import "singula/Tree" "new" (func $tree (result externref)))
  (import "singula/Tree" "free" (func $tree.free (param externref)))
  (import "singula/Tree" "freeze" (func $tree.freeze (param externref) (result externref)))
  (import "singula/Tree" "share" (func $tree.share (param externref) (result externref)))
  (import "singula/Tree" "thaw" (func $tree.thaw (param externref) (result externref)))
  (import "singula/Tree" "key.get" (func $key (param externref) (result i64)))
  (import "singula/Tree" "key.set" (func $key.set (param externref i64)))
  (import "singula/Tree" "left.put" (func $left.put (param externref externref)))
  (import "singula/Tree" "left.take" (func $left.take (param externref) (result externref)))
  (import "singula/Tree" "left.share" (func $left (param externref) (result externref)))
  (import "singula/Tree" "right.put" (func $right.put (param externref externref)))
  (import "singula/Tree" "right.take" (func $right.take (param externref) (result externref)))
  (import "singula/Tree" "right.share" (func $right (param externref) (result externref)))
  (import "singula/Page" "new" (func $page (result externref)))
  (import "singula/Page" "free" (func $page.free (param externref)))
  (import "singula/Page" "freeze" (func $page.freeze (param externref) (result externref)))
  (import "singula/Page" "share" (func $page.share (param externref) (result externref)))
  (import "singula/Page" "thaw" (func $page.thaw (param externref) (result externref)))
  (import "singula/Page" "must.put" (func $must.put (param externref externref)))
  (import "singula/Page" "cover.put" (func $cover.put (param externref externref)))
  (import "singula/Page" "cover.take" (func $cover.take (param externref) (result externref)))
  (import "singula/Page" "cover.share" (func $cover (param externref) (result externref)))
  (import "singula/Paper" "channel" (func $paper (result externref)))
  (import "singula/Paper" "exp.peer" (func $peer (param externref) (result externref)))
  (import "singula/Paper" "imp.send.Print" (func $print (param externref i32 externref)))
  (import "singula/Paper" "exp.recv.Print" (func $recv (param externref i32) (result externref)))
  (import "singula/Paper" "exp.abandon" (func $exp.abandon (param externref)))
  (import "singula/Paper" "imp.abandon" (func $imp.abandon (param externref)))
  (memory 1)
  (data (i32.const 100) "\07\08\09\0a")
  ;; a Text of bytes 7 8 9 10
  (func $four (result externref) (local $t externref)
    (local.set $t (call $text (i32.const 4))) (call $write (local.get $t) (i32.const 0) (i32.const 100) (i32.const 4)) (local.get $t))
  (func $node (param $k i64) (param $l externref) (param $r externref) (result externref) (local $t externref)
    (local.set $t (call $tree)) (call $key.set (local.get $t) (local.get $k))
    (if (i32.eqz (ref.is_null (local.get $l))) (then (call $left.put (local.get $t) (local.get $l))))
    (if (i32.eqz (ref.is_null (local.get $r))) (then (call $right.put (local.get $t) (local.get $r))))
    (local.get $t))
  ;; 1 over 2 (over 4 and 5) and 3
  (func $five (result externref)
    (call $node (i64.const 1)
      (call $node (i64.const 2) (call $node (i64.const 4) (ref.null extern) (ref.null extern)) (call $node (i64.const 5) (ref.null extern) (ref.null extern)))
      (call $node (i64.const 3) (ref.null extern) (ref.null extern))))

  (func (export "read_frozen") (result i32) (local $t externref)
    (local.set $t (call $freeze (call $four)))
    (call $read (local.get $t) (i32.const 1) (i32.const 0) (i32.const 3))
    (i32.and (i32.and (i32.eq (call $get (local.get $t) (i32.const 3)) (i32.const 10)) (i32.eq (call $len (local.get $t)) (i32.const 4)))
             (i32.and (i32.eq (call $load (local.get $t) (i32.const 0)) (i32.const 0x0a090807)) (i32.eq (i32.load (i32.const 0)) (i32.const 0x0a0908))))
    (call $free (local.get $t)))
  (func (export "shares_in_any_order") (result i32) (local $a externref) (local $b externref) (local $c externref) (local $n i32)
    (local.set $a (call $freeze (call $four)))
    (local.set $b (call $share (local.get $a)))
    (local.set $c (call $share (local.get $b)))
    (local.set $n (call $get (local.get $a) (i32.const 1)))
    (call $free (local.get $a))
    (local.set $a (call $share (local.get $c)))
    (local.set $n (i32.add (local.get $n) (call $load (local.get $b) (i32.const 0))))
    (call $free (local.get $c))
    (call $free (local.get $b))
    (local.set $n (i32.add (local.get $n) (i32.sub (i32.const 34) (call $load (local.get $a) (i32.const 0)))))
    (call $free (local.get $a)) (local.get $n))
  (func (export "last_share_ends_it") (result i32) (local $a externref) (local $b externref)
    (local.set $a (call $freeze (call $text (i32.const 100000)))) (local.set $b (call $share (local.get $a)))
    (call $free (local.get $a)) (call $free (local.get $b))
    ;; the memory is used again, and zero
    (local.set $a (call $text (i32.const 100000)))
    (call $load (local.get $a) (i32.const 0)) (call $free (local.get $a)))
  (func (export "thaw_alone") (result i32) (local $t externref) (local $n i32)
    (local.set $t (call $thaw (call $freeze (call $four))))
    (if (ref.is_null (local.get $t)) (then (return (i32.const -1))))
    (call $set (local.get $t) (i32.const 0) (i32.const 1))
    (local.set $n (i32.mul (call $get (local.get $t) (i32.const 0)) (call $get (local.get $t) (i32.const 1))))
    (call $free (local.get $t)) (local.get $n))
  (func (export "thaw_shared_is_a_copy") (result i32) (local $a externref) (local $b externref) (local $n i32)
    (local.set $a (call $freeze (call $four)))
    (local.set $b (call $thaw (call $share (local.get $a))))
    (if (ref.is_null (local.get $b)) (then (return (i32.const -1))))
    (call $set (local.get $b) (i32.const 0) (i32.const 99))
    (local.set $n (i32.and (i32.eq (call $load (local.get $a) (i32.const 0)) (i32.const 0x0a090807))
                           (i32.eq (call $load (local.get $b) (i32.const 0)) (i32.const 0x0a090863))))
    (call $free (local.get $a)) (call $free (local.get $b)) (local.get $n))
  (func (export "thaw_after_the_others") (result i32) (local $a externref) (local $b externref) (local $n i32)
    (local.set $a (call $freeze (call $four))) (local.set $b (call $share (local.get $a))) (call $free (local.get $a))
    (local.set $b (call $thaw (local.get $b)))
    (call $store (local.get $b) (i32.const 0) (i32.const 0x08080808))
    (local.set $n (call $get (local.get $b) (i32.const 2))) (call $free (local.get $b)) (local.get $n))

  (func (export "children_are_frozen") (result i64) (local $t externref) (local $l externref) (local $c externref)
    (local.set $t (call $tree.freeze (call $five)))
    (local.set $l (call $left (local.get $t)))
    (local.set $c (call $right (local.get $l)))
    (call $tree.free (local.get $l)) (call $key (local.get $c)) (call $tree.free (local.get $c)) (call $tree.free (local.get $t)))
  (func (export "child_outlives_its_parent") (result i64) (local $t externref) (local $l externref) (local $c externref)
    (local.set $t (call $tree.freeze (call $five)))
    (local.set $l (call $left (local.get $t))) (call $tree.free (local.get $t))
    (local.set $c (call $right (local.get $l))) (call $tree.free (local.get $l))
    (call $key (local.get $c)) (call $tree.free (local.get $c)))
  (func (export "empty_child") (result i32) (local $t externref) (local $c externref)
    (local.set $t (call $tree.freeze (call $node (i64.const 1) (ref.null extern) (ref.null extern))))
    (local.set $c (call $left (local.get $t))) (call $tree.free (local.get $t)) (ref.is_null (local.get $c)))
  ;; a grandchild is shared: the tree is thawed, what the other has stays as it was
  (func (export "shared_child_is_copied") (result i32) (local $t externref) (local $l externref) (local $c externref) (local $n i32)
    (local.set $t (call $tree.freeze (call $five)))
    (local.set $l (call $left (local.get $t))) (local.set $c (call $right (local.get $l))) (call $tree.free (local.get $l))
    (local.set $t (call $tree.thaw (local.get $t)))
    (local.set $l (call $left.take (local.get $t)))
    (call $tree.free (local.get $t))
    (local.set $t (call $right.take (local.get $l)))
    (call $key.set (local.get $t) (i64.const 50))
    (local.set $n (i32.and (i64.eq (call $key (local.get $c)) (i64.const 5)) (i64.eq (call $key (local.get $t)) (i64.const 50))))
    (call $tree.free (local.get $t)) (call $tree.free (local.get $l)) (call $tree.free (local.get $c)) (local.get $n))
  ;; the whole tree is shared: the copy has every child; 1 + 2 + 4
  (func (export "thawed_tree_is_whole") (result i64) (local $t externref) (local $s externref) (local $l externref) (local $c externref) (local $n i64)
    (local.set $s (call $tree.freeze (call $five)))
    (local.set $t (call $tree.thaw (call $tree.share (local.get $s))))
    (call $tree.free (local.get $s))
    (local.set $n (call $key (local.get $t)))
    (local.set $l (call $left.take (local.get $t)))
    (local.set $n (i64.add (local.get $n) (call $key (local.get $l))))
    (local.set $c (call $left.take (local.get $l)))
    (local.set $n (i64.add (local.get $n) (call $key (local.get $c))))
    (call $left.put (local.get $l) (local.get $c)) (call $left.put (local.get $t) (local.get $l))
    (call $tree.free (local.get $t)) (local.get $n))

  (func $covered (result externref) (local $p externref)
    (local.set $p (call $page)) (call $must.put (local.get $p) (call $text (i32.const 1)))
    (call $cover.put (local.get $p) (call $freeze (call $text (i32.const 3)))) (local.get $p))
  (func (export "frozen_field") (result i32) (local $p externref) (local $c externref)
    (local.set $p (call $covered)) (local.set $c (call $cover.take (local.get $p)))
    (call $len (local.get $c)) (call $cover.put (local.get $p) (call $share (local.get $c))) (call $free (local.get $c)) (call $page.free (local.get $p)))
  (func (export "frozen_field_in_frozen") (result i32) (local $p externref) (local $c externref)
    (local.set $p (call $page.freeze (call $covered))) (local.set $c (call $cover (local.get $p)))
    (call $page.free (local.get $p)) (call $len (local.get $c)) (call $free (local.get $c)))
  (func (export "thawed_page_keeps_frozen_cover") (result i32) (local $p externref) (local $q externref) (local $c externref)
    (local.set $p (call $page.freeze (call $covered)))
    (local.set $q (call $page.thaw (call $page.share (local.get $p))))
    (call $page.free (local.get $p))
    (local.set $c (call $cover.take (local.get $q)))
    (call $len (local.get $c)) (call $free (local.get $c)) (call $page.free (local.get $q)))

  (func (export "in_a_message") (result i64) (local $e externref) (local $i externref) (local $t externref) (local $s externref) (local $n i64)
    (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (local.set $t (call $tree.freeze (call $node (i64.const 9) (ref.null extern) (ref.null extern))))
    (call $print (local.get $i) (i32.const 2) (call $tree.share (local.get $t)))
    (call $tree.free (local.get $t))
    (local.set $t (call $recv (local.get $e) (i32.const 16)))
    (local.set $n (call $key (local.get $t)))
    (call $tree.free (local.get $t)) (call $exp.abandon (local.get $e)) (call $imp.abandon (local.get $i)) (local.get $n))
  (func (export "in_a_message_of_a_dead_queue") (result i32) (local $e externref) (local $i externref) (local $t externref)
    (local.set $e (call $paper)) (local.set $i (call $peer (local.get $e)))
    (local.set $t (call $tree.freeze (call $five)))
    (call $print (local.get $i) (i32.const 2) (call $tree.share (local.get $t)))
    (call $exp.abandon (local.get $e)) (call $imp.abandon (local.get $i)) (call $tree.free (local.get $t)) (i32.const 0))
  ;; every element of a long list of pages is shared, and the list thawed around them
  (func (export "list_of_frozen") (result i32) (local $t externref) (local $c externref) (local $d externref) (local $n i32)
    (loop $l
      (local.set $t (call $node (i64.extend_i32_u (local.get $n)) (local.get $t) (ref.null extern)))
      (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
    (local.set $t (call $tree.freeze (local.get $t)))
    (local.set $c (call $tree.share (local.get $t)))
    (block $end (loop $l
      (local.set $d (call $left (local.get $c)))
      (br_if $end (ref.is_null (local.get $d)))
      (call $tree.free (local.get $c)) (local.set $c (local.get $d)) (br $l)))
    (local.set $t (call $tree.thaw (local.get $t)))
    (local.set $n (i32.const 0))
    (block $end (loop $l
      (local.set $d (call $left.take (local.get $t)))
      (call $key.set (local.get $t) (i64.const 0))
      (call $tree.free (local.get $t)) (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (local.set $t (local.get $d))
      (br_if $l (i32.eqz (ref.is_null (local.get $t))))))
    (call $tree.free (local.get $c)) (local.get $n))

  (func $old_reference (export "old_reference") (result i32) (local $t externref)
    (local.set $t (call $four)) (drop (call $freeze (local.get $t))) (drop (call $get (local.get $t) (i32.const 0))) (i32.const 0))
  (func $old_frozen_reference (export "old_frozen_reference") (result i32) (local $t externref) (local $w externref)
    (local.set $t (call $freeze (call $four))) (local.set $w (call $thaw (local.get $t))) (drop (call $get (local.get $t) (i32.const 0))) (call $free (local.get $w)) (i32.const 0))
  (func $set_frozen (export "set_frozen") (result i32) (call $set (call $freeze (call $four)) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $write_frozen (export "write_frozen") (result i32) (call $write (call $freeze (call $four)) (i32.const 0) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $store_frozen (export "store_frozen") (result i32) (call $store (call $freeze (call $four)) (i32.const 0) (i32.const 0)) (i32.const 0))
  (func $field_frozen (export "field_frozen") (result i32) (call $key.set (call $tree.freeze (call $tree)) (i64.const 0)) (i32.const 0))
  (func $take_frozen (export "take_frozen") (result i32) (drop (call $left.take (call $tree.freeze (call $five)))) (i32.const 0))
  (func $put_into_frozen (export "put_into_frozen") (result i32) (call $left.put (call $tree.freeze (call $five)) (call $tree)) (i32.const 0))
  (func $put_frozen_child (export "put_frozen_child") (result i32) (call $left.put (call $tree) (call $tree.freeze (call $tree))) (i32.const 0))
  (func $put_unfrozen_cover (export "put_unfrozen_cover") (result i32) (call $cover.put (call $page) (call $four)) (i32.const 0))
  (func $freeze_twice (export "freeze_twice") (result i32) (drop (call $freeze (call $freeze (call $four)))) (i32.const 0))
  (func $freeze_null (export "freeze_null") (result i32) (drop (call $freeze (ref.null extern))) (i32.const 0))
  (func $freeze_incomplete (export "freeze_incomplete") (result i32) (drop (call $page.freeze (call $page))) (i32.const 0))
  (func $freeze_dead (export "freeze_dead") (result i32) (local $t externref)
    (local.set $t (call $four)) (call $free (local.get $t)) (drop (call $freeze (local.get $t))) (i32.const 0))
  (func $share_unfrozen (export "share_unfrozen") (result i32) (drop (call $share (call $four))) (i32.const 0))
  (func $share_null (export "share_null") (result i32) (drop (call $share (ref.null extern))) (i32.const 0))
  (func $share_other (export "share_other") (result i32) (drop (call $tree.share (call $freeze (call $four)))) (i32.const 0))
  (func $share_child_of_unfrozen (export "share_child_of_unfrozen") (result i32) (drop (call $left (call $five))) (i32.const 0))
  (func $thaw_unfrozen (export "thaw_unfrozen") (result i32) (drop (call $thaw (call $four))) (i32.const 0))
  (func $thaw_twice (export "thaw_twice") (result i32) (local $t externref)
    (local.set $t (call $freeze (call $four))) (drop (call $thaw (local.get $t))) (drop (call $thaw (local.get $t))) (i32.const 0))
  (func $free_twice (export "free_twice") (result i32) (local $t externref) (local $s externref)
    (local.set $t (call $freeze (call $four))) (local.set $s (call $share (local.get $t)))
    (call $free (local.get $t)) (call $free (local.get $t)) (i32.const 0))
  (func $send_unfrozen (export "send_unfrozen") (result i32) (call $print (call $peer (call $paper)) (i32.const 0) (call $tree)) (i32.const 0))
  (func $sent_share (export "sent_share") (result i32) (local $t externref) (local $e externref)
    (local.set $e (call $paper))
    (local.set $t (call $tree.freeze (call $tree))) (call $print (call $peer (local.get $e)) (i32.const 0) (local.get $t)) (drop (call $key (local.get $t))) (i32.const 0))
  (func $lost_share (export "lost_share") (result i32) (local $t externref)
    (local.set $t (call $freeze (call $four))) (drop (call $share (local.get $t))) (call $free (local.get $t)) (i32.const 0))
  (func $index_in_frozen (export "index_in_frozen") (result i32) (drop (call $get (call $freeze (call $four)) (i32.const 4))) (i32.const 0))
)
