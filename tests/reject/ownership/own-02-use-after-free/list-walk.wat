;; The walk over a list frees an item before it takes the next one out of it
;; expect: OWN_USE_AFTER_FREE func=5 offset=0xc7
;; monitor: MON_DEAD
;; contract: block Item { value: i32; next: Item; }
(module
  (import "singula/Item" "new" (func $Item.new (result externref)))
  (import "singula/Item" "next.put" (func $Item.next.put (param externref externref)))
  (import "singula/Item" "free" (func $Item.free (param externref)))
  (import "singula/Item" "next.take" (func $Item.next.take (param externref) (result externref)))
  (memory 1)
  (func $push (param $rest externref) (result externref) (local $i externref)
    (local.set $i (call $Item.new))
    (if (i32.eqz (ref.is_null (local.get $rest)))
      (then (call $Item.next.put (local.get $i) (local.get $rest))))
    (local.get $i))
  (func (export "main") (local $i externref) (local $next externref)
    (local.set $i (call $push (call $push (call $push (ref.null extern)))))
    (block $end
      (loop $walk
        (br_if $end (ref.is_null (local.get $i)))
        (call $Item.free (local.get $i))
        (local.set $next (call $Item.next.take (local.get $i))) ;; <- refused here
        (local.set $i (local.get $next))
        (br $walk))))
)
