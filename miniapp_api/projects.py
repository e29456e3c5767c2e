"""Projects on the phone: what is built, who meets in it, and which dealer is protected until when."""

from datetime import datetime

from apiflask import APIBlueprint
from flask import Response

from config.prospects import ProjectState
from config.vocabulary import LoginVia
from crm import uow
from crm.access import Actor
from crm.reads.projects import PartyRow, ProjectRow, RegistrationRow, list_projects, project_page
from crm.usecases import project_parties, projects, registrations
from crm.usecases.idempotency import Stored, Transaction
from crm.usecases.project_edit import ProjectChange, set_state, update_project
from crm.usecases.sessions import actor_of_session
from miniapp_api.deps import ApiDeps
from miniapp_api.payloads import RepeatHeaders
from miniapp_api.repeat import Write, done, plain_id, write
from miniapp_api.session import PHONES, bearer_token
from miniapp_api.spec import READ, WRITE, answers
from miniapp_api.work_answers import (
    PartyOut,
    ProjectLine,
    ProjectOut,
    ProjectSavedOut,
    ProjectsOut,
    RegisteredOut,
    RegistrationOut,
)
from miniapp_api.work_payloads import PartyIn, ProjectChangeIn, ProjectIn, ProjectsQuery, ProjectStateIn, RegisterIn

_NO_PROJECTS = "已停用或离职，岗位不跟项目，或者客户只是共享给您看的"


def project_routes(bp: APIBlueprint, deps: ApiDeps) -> None:
    @bp.get("/projects")
    @bp.input(ProjectsQuery, location="query", arg_name="asked")
    @bp.output(ProjectsOut)
    @bp.doc(summary="自己看得到的项目和报备", security="bearer", responses=answers(READ))
    def projects(asked: ProjectsQuery) -> ProjectsOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            actor = actor_of_session(s, token, PHONES, now)
            state = ProjectState(asked.state) if asked.state else None
            found = list_projects(s, actor, query=asked.query, state=state, page=asked.page, size=asked.limit, now=now)
        return ProjectsOut(projects=[_project(row) for row in found.rows], total=found.total)

    @bp.get("/projects/<project_id>")
    @bp.output(ProjectOut)
    @bp.doc(
        summary="一个项目：参与的公司和报备",
        description="同事的公司和报备只说有，不说是谁。",
        security="bearer",
        responses=answers(READ),
    )
    def project(project_id: str) -> ProjectOut:
        token, now = bearer_token(), deps.clock()
        with uow.reading() as s:
            return _file(s, actor_of_session(s, token, PHONES, now), plain_id(project_id), now)

    @bp.post("/projects")
    @bp.input(ProjectIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ProjectSavedOut, status_code=201)
    @bp.doc(
        summary="新建项目",
        description="自己看得到的同一个项目回 409；同事在跟的照样建，`said` 说，算一次查重，当天用完就不说。",
        security="bearer",
        responses=answers(WRITE | {403: _NO_PROJECTS}),
    )
    def make_project(json_data: ProjectIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _made(json_data))

    @bp.patch("/projects/<project_id>")
    @bp.input(ProjectChangeIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ProjectSavedOut)
    @bp.doc(
        summary="修改项目",
        description="有报备在保护期里的，终端用户和招标编号不能改，也不能改成同事已报备的（409）。"
        "改成同事在跟的，`said` 说，算一次查重。",
        security="bearer",
        responses=answers(WRITE | {403: _NO_PROJECTS}),
    )
    def change_project(project_id: str, json_data: ProjectChangeIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _changed(plain_id(project_id), json_data))

    @bp.post("/projects/<project_id>/state")
    @bp.input(ProjectStateIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ProjectOut)
    @bp.doc(summary="中标、未中标、终止，或重新进行", security="bearer", responses=answers(WRITE))
    def project_state(project_id: str, json_data: ProjectStateIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _set(plain_id(project_id), json_data))

    @bp.post("/projects/<project_id>/parties")
    @bp.input(PartyIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ProjectSavedOut)
    @bp.doc(
        summary="加一家参与的公司",
        description="要是自己能写的客户；再加一次不变。角色是终端用户的，等于更正终端用户，规则同修改项目。",
        security="bearer",
        responses=answers(WRITE | {403: _NO_PROJECTS}),
    )
    def add_party(project_id: str, json_data: PartyIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _party(plain_id(project_id), json_data, added=True))

    @bp.post("/projects/<project_id>/parties/remove")
    @bp.input(PartyIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(ProjectSavedOut)
    @bp.doc(
        summary="去掉一家参与的公司",
        description="去掉的是项目的终端用户，等于更正终端用户，规则同修改项目。",
        security="bearer",
        responses=answers(WRITE),
    )
    def remove_party(project_id: str, json_data: PartyIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _party(plain_id(project_id), json_data, added=False))

    @bp.post("/projects/<project_id>/registrations")
    @bp.input(RegisterIn)
    @bp.input(RepeatHeaders, location="headers", arg_name="repeat")
    @bp.output(RegisteredOut, status_code=201)
    @bp.doc(
        summary="给经销商报备项目",
        description="先报备的受保护。同事在先的也会记下，`protected` 是 false，双方主管都收到卡片。",
        security="bearer",
        responses=answers(WRITE | {403: _NO_PROJECTS}),
    )
    def register(project_id: str, json_data: RegisterIn, repeat: RepeatHeaders) -> Response:
        return write(deps, repeat.key, json_data, _registered(plain_id(project_id), json_data))


def _made(body: ProjectIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        user = plain_id(body.end_user_id) if body.end_user_id else None
        draft = projects.ProjectDraft(body.name, body.end_user, user, body.site, body.tender_no)
        made = projects.create_project(s, actor, draft, now, entrance=via)
        return done(201, _saved(s, actor, made.public_id, made.said, now))

    return effect


def _changed(project_id: str, body: ProjectChangeIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        user = None if body.end_user_id is None else plain_id(body.end_user_id)
        change = ProjectChange(body.name, body.end_user, user, body.site, body.tender_no)
        corrected = update_project(s, actor, project_id, change, now, entrance=via)
        return done(200, _saved(s, actor, project_id, corrected.said, now))

    return effect


def _set(project_id: str, body: ProjectStateIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        set_state(s, actor, project_id, body.state, now, entrance=via)
        return done(200, _file(s, actor, project_id, now))

    return effect


def _party(project_id: str, body: PartyIn, *, added: bool) -> Write:
    turn = project_parties.add_party if added else project_parties.remove_party

    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        said = turn(s, actor, project_id, plain_id(body.customer_id), body.role, now, entrance=via)
        return done(200, _saved(s, actor, project_id, said, now))

    return effect


def _registered(project_id: str, body: RegisterIn) -> Write:
    def effect(s: Transaction, actor: Actor, now: datetime, via: LoginVia) -> Stored:
        dealer = plain_id(body.customer_id)
        made = registrations.register(s, actor, project_id, dealer, body.reason, now, entrance=via)
        answer = RegisteredOut(id=made.public_id, expires_at=made.expires_at, protected=made.protected, said=made.said)
        return done(201, answer)

    return effect


def _file(s: Transaction, actor: Actor, project_id: str, now: datetime) -> ProjectOut:
    found = project_page(s, actor, project_id, now)
    row = found.row
    return ProjectOut(
        id=row.public_id,
        name=row.name,
        end_user=row.end_user,
        end_user_id=found.end_user_public_id,
        site=row.site,
        tender_no=row.tender_no,
        state=row.state,
        created_by=row.created_by,
        created_at=row.created_at,
        registered_until=row.registered_until,
        contested=row.contested,
        parties=[_company(one) for one in found.parties],
        registrations=[_registration(one) for one in found.registrations],
    )


def _saved(s: Transaction, actor: Actor, project_id: str, said: str, now: datetime) -> ProjectSavedOut:
    return ProjectSavedOut(**dict(_file(s, actor, project_id, now)), said=said)


def _company(row: PartyRow) -> PartyOut:
    return PartyOut(id=row.public_id, name=row.name, role=row.role, role_label=row.role_label)


def _registration(row: RegistrationRow) -> RegistrationOut:
    return RegistrationOut(
        id=row.public_id,
        dealer=row.dealer,
        rep=row.rep,
        reason=row.reason,
        registered_at=row.registered_at,
        expires_at=row.expires_at,
        standing=row.standing,
        days_left=row.days_left,
        own=row.own,
    )


def _project(row: ProjectRow) -> ProjectLine:
    return ProjectLine(
        id=row.public_id,
        name=row.name,
        end_user=row.end_user,
        site=row.site,
        tender_no=row.tender_no,
        state=row.state,
        registered_until=row.registered_until,
        contested=row.contested,
    )
