;; Requests and answers in a loop
;; expect: OK
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "singula/A" "free" (func $free (param externref)))
  (import "singula/B" "new" (func $newB (result externref)))
  (import "singula/B" "must.put" (func $putB (param externref externref)))
  (import "singula/P" "imp.connect" (func $connect (param i32 i32) (result externref)))
  (import "singula/P" "imp.send.Ask" (func $ask (param externref externref)))
  (import "singula/P" "imp.send.More" (func $more (param externref externref)))
  (import "singula/P" "imp.next" (func $next (param externref) (result i32)))
  (import "singula/P" "imp.recv.Yes" (func $yes (param externref) (result externref)))
  (import "singula/P" "imp.recv.No" (func $no (param externref i32)))
  (import "singula/P" "imp.close" (func $close (param externref)))
  (import "env" "rnd" (func $rnd (result i32)))
  (memory 1)
  (func $main (export "main") (local $b externref) (local $e externref) (local $i i32)
  (local.set $e (call $connect (i32.const 0) (i32.const 0))) (if (ref.is_null (local.get $e)) (then (return)))
  (loop (call $ask (local.get $e) (call $new (i32.const 0))) (local.set $i (call $next (local.get $e))) (if (i32.eq (local.get $i) (i32.const 3)) (then (call $no (local.get $e) (i32.const 0)) (local.set $b (call $newB)) (call $putB (local.get $b) (call $new (i32.const 0))) (call $more (local.get $e) (local.get $b))) (else (if (i32.eq (local.get $i) (i32.const 2)) (then (call $free (call $yes (local.get $e)))) (else (call $close (local.get $e)) (return))))) (br_if 0 (call $rnd))) (call $close (local.get $e)))
)
